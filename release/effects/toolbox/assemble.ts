import {spawn} from 'node:child_process'
import {copyFile, lstat, mkdir, readdir, readFile, rm, symlink, writeFile} from 'node:fs/promises'
import {availableParallelism} from 'node:os'
import {join} from 'node:path'
import {fail} from '#lib/diagnostics.ts'
import type {ProgressTask} from '#release/lib/effects.ts'

/**
 * Unpacks the packages into `root` and does the little that their maintainer scripts would do and that we
 * need: none of the scripts is run, so no rights are needed and nothing depends on the host.
 * @param debs in the lock's order: names and files
 * @throws DiagnosticError T010, exit 3, when a package can't be unpacked
 */
export async function assemble(
  root: string,
  debs: readonly {name: string; path: string}[],
  task?: ProgressTask,
): Promise<void> {
  await unpackAll(root, debs, task)
  await settle(root)
}

/** Only unpacks. @throws DiagnosticError T010 as `assemble` */
export async function unpackAll(
  root: string,
  debs: readonly {name: string; path: string}[],
  task?: ProgressTask,
): Promise<void> {
  await mkdir(root, {recursive: true})
  // The links /bin, /lib, /sbin into /usr come with it; whatever is unpacked first would make folders there.
  const base = debs.filter(d => d.name === 'base-files')
  const rest = debs.filter(d => d.name !== 'base-files')
  for (const deb of base) await unpack(deb.path, root)
  let done = base.length
  const queue = rest.values()
  const worker = async () => {
    for (const deb of queue) {
      await unpack(deb.path, root)
      task?.update(`${++done} of ${debs.length} packages`)
    }
  }
  await Promise.all(Array.from({length: availableParallelism()}, worker))
}

/** Documentation is left out: a third of the files, and nobody reads it there. */
const leftOut = ['./usr/share/doc/*', './usr/share/man/*', './usr/share/locale/*', './usr/share/info/*']

function unpack(deb: string, root: string): Promise<void> {
  const tar = [
    'tar',
    '-x',
    '-C',
    '"$2"',
    '--keep-directory-symlink',
    '--no-same-owner',
    '--delay-directory-restore',
    ...leftOut.map(pattern => `--exclude='${pattern}'`),
  ]
  const script = `set -o pipefail; dpkg-deb --fsys-tarfile "$1" | ${tar.join(' ')}`
  return new Promise<void>((resolve, reject) => {
    const child = spawn('bash', ['-c', script, 'unpack', deb, root], {stdio: ['ignore', 'ignore', 'pipe']})
    let errors = ''
    child.stderr.on('data', chunk => {
      errors += chunk
    })
    child.on('error', reject)
    child.on('close', code => (code === 0 ? resolve() : reject(new Error(`${deb}: ${errors.trim()}`))))
  }).catch(error =>
    fail(
      {code: 'T010', message: `a package can't be unpacked: ${error.message}`, hint: 'is the disk full?'},
      3,
    ),
  ) as Promise<void>
}

async function settle(root: string): Promise<void> {
  const etc = join(root, 'etc')
  const master = join(root, 'usr/share/base-passwd')
  await copyFile(join(master, 'passwd.master'), join(etc, 'passwd'))
  await copyFile(join(master, 'group.master'), join(etc, 'group'))
  await writeFile(join(etc, 'hosts'), '127.0.0.1 localhost\n::1 localhost\n')
  await writeFile(join(etc, 'resolv.conf'), '')
  await writeFile(join(etc, 'ssl/certs/ca-certificates.crt'), await certificates(root))
  for (const folder of ['proc', 'sys', 'dev', 'build', 'root', 'mnt', 'var/tmp', 'var/lib'])
    await mkdir(join(root, folder), {recursive: true})
  // A root that is read-only needs one place to write.
  for (const [name, target] of [
    ['var/tmp', '../tmp'],
    ['run', 'tmp'],
  ] as const) {
    await rm(join(root, name), {recursive: true})
    await symlink(target, join(root, name))
  }
  await link(root, 'usr/bin/awk', 'mawk')
  await link(root, 'usr/bin/gcc', 'gcc-14')
  await link(root, 'usr/bin/cc', 'gcc')
  await link(root, 'usr/bin/aarch64-linux-gnu-gcc', 'aarch64-linux-gnu-gcc-14')
  await link(root, 'usr/bin/go', '../lib/go-1.26/bin/go')
}

/** What update-alternatives would have linked. */
async function link(root: string, name: string, target: string): Promise<void> {
  const path = join(root, name)
  if (!(await lstat(path).catch(() => undefined))) await symlink(target, path)
}

/** What update-ca-certificates would have written: every root certificate, in one file. */
async function certificates(root: string): Promise<string> {
  const folder = join(root, 'usr/share/ca-certificates/mozilla')
  const names = (await readdir(folder)).sort()
  const texts = await Promise.all(names.map(name => readFile(join(folder, name), 'utf8')))
  return texts.map(text => `${text.trimEnd()}\n`).join('')
}
