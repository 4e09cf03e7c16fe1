import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {freePorts, type Server, startServer, until} from '../cluster/processes.ts'
import {pythonPackages} from '../tools/python.ts'
import type {Databases} from './databases.ts'

export type Aws = {
  /** What `aws` needs to be told: the service's address, and somebody to be. */
  env: Readonly<Record<string, string>>
  /** A folder for PATH with the program `aws`. */
  bin: string
  server: Server
}

/**
 * A moto server on the loopback, and AWS's own command before it. Of a database moto knows the name and the state only:
 * what is in it lies in one of `databases`, which the program copies when a snapshot was taken, and when one was restored.
 * @throws DiagnosticError exit 3: B562 its packages cannot be had, B530, B531 it does not serve
 */
export async function startAws(folder: string, databases: Databases): Promise<Aws> {
  const packages = await pythonPackages('aws')
  const [port = 0] = await freePorts(1)
  const bin = join(folder, 'aws-bin')
  await mkdir(bin)
  const python = {PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: '1'}
  const server = startServer(
    ['python3', '-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)],
    join(folder, 'moto.log'),
    python,
  )
  const address = `http://127.0.0.1:${port}`
  await until('moto', async () => (await fetch(`${address}/moto-api/data.json`)).ok, [server], 120_000)
  await writeFile(join(bin, 'aws'), program(packages, databases), {mode: 0o755})
  const env = {
    AWS_ENDPOINT_URL: address,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_CONFIG_FILE: join(folder, 'aws-config'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'aws-credentials'),
    AWS_EC2_METADATA_DISABLED: 'true',
  }
  return {env, bin, server}
}

function program(packages: string, {shell}: Databases): string {
  return `#!/bin/sh
PYTHONPATH='${packages}' PYTHONDONTWRITEBYTECODE=1 python3 -m awscli "$@" || exit
${shell}
call=$2
while [ $# -gt 1 ]; do
  case $1 in
  --db-instance-identifier) instance=$2 ;;
  --db-snapshot-identifier) snapshot=$2 ;;
  esac
  shift
done
case $call in
create-db-instance) create "$instance" ;;
create-db-snapshot) copy "$instance" "$snapshot" ;;
restore-db-instance-from-db-snapshot) copy "$snapshot" "$instance" ;;
esac >&2
`
}
