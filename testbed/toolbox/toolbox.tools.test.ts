import {type ChildProcess, execFileSync, spawn} from 'node:child_process'
import {chmod, mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {enterCommand} from '#release/effects/toolbox/enter.ts'
import {readLock} from '#release/effects/toolbox/lock.ts'
import {openToolbox, type Toolbox} from './toolbox.ts'

let toolbox: Toolbox
let folder = ''
beforeAll(async () => {
  toolbox = await openToolbox()
  folder = await mkdtemp(join(tmpdir(), 'toolbox-'))
})
afterAll(() => rm(folder, {recursive: true, force: true}))

const sh = (script: string, options = {}) => toolbox.run(['sh', '-c', script], options)
const isAlive = (marker: string) => {
  const lines = execFileSync('ps', ['-eo', 'stat=,args=']).toString().split('\n')
  return lines.some(line => !line.startsWith('Z') && line.includes(marker) && !line.includes('ps -eo'))
}

test('every wished program is there and answers', async () => {
  const programs = [
    ...[
      'gcc-12',
      'gcc-14',
      'aarch64-linux-gnu-gcc',
      'ld',
      'make',
      'perl',
      'pahole',
      'sparse',
      'modinfo',
      'depmod',
    ],
    ...['qemu-system-x86_64', 'busybox', 'mkfs.ext4', 'cpio', 'xz', 'zstd', 'dpkg-deb', 'tar', 'awk', 'sed'],
    ...[
      'docker-registry',
      'skopeo',
      'oras',
      'etcd',
      'openssl',
      'softhsm2-util',
      'pkcs11-tool',
      'curl',
      'git',
      'go',
      'ip',
    ],
  ]
  const missing = await sh(`for p in ${programs.join(' ')}; do command -v $p >/dev/null || echo $p; done`)
  expect(missing.stdout.toString()).toBe('')
  const linked = await sh(
    `for p in ${programs.join(' ')}; do ldd $(command -v $p) 2>&1 | sed "s/^/$p:/"; done`,
  )
  expect(linked.stdout.toString()).not.toContain('not found')
}, 120_000)

test('has the versions of the lock', async () => {
  const lock = readLock(await readFile(join(import.meta.dirname, 'toolbox.lock.yaml')), 'lock')
  const qemu = lock.packages.find(p => p.name === 'qemu-system-x86')?.version ?? ''
  if (toolbox.lock === 'committed')
    expect((await toolbox.run(['qemu-system-x86_64', '--version'])).stdout.toString()).toContain(qemu)
})

test('streams, folder, environment and code go through', async () => {
  const result = await sh('cat; pwd; echo "$COLOUR $LC_ALL $TZ" >&2; exit 3', {
    cwd: '/usr/lib',
    stdin: 'in ',
    env: {COLOUR: 'blue'},
  })
  expect([result.code, result.stdout.toString(), result.stderr.toString()]).toEqual([
    3,
    'in /usr/lib\n',
    'blue C.UTF-8 UTC\n',
  ])
  expect((await sh('echo "[$HOME] [$USER] [$npm_config_cache]"')).stdout.toString()).toBe('[/tmp] [] []\n')
})

test('binds: read-write, read-only, files, and folders made for them', async () => {
  await writeFile(join(folder, 'in'), 'input')
  const result = await sh('cat /build/a/in /tmp/deep/one; echo out > /build/a/out; echo no > /build/ro/x', {
    binds: [
      {from: folder, to: '/build/a'},
      {from: folder, to: '/build/ro', readonly: true},
      {from: join(folder, 'in'), to: '/tmp/deep/one', readonly: true},
    ],
  })
  expect(result.stdout.toString()).toBe('inputinput')
  expect(result.stderr.toString()).toContain('Read-only file system')
  expect(await readFile(join(folder, 'out'), 'utf8')).toBe('out\n')
})

test('one run leaves nothing for the next, nor on the host', async () => {
  const before = await readFile('/proc/self/mountinfo', 'utf8')
  await sh('touch /build/left /tmp/left; touch /usr/left /left 2>/dev/null; true')
  expect((await sh('ls -d /build/left /tmp/left /usr/left /left 2>/dev/null; true')).stdout.toString()).toBe(
    '',
  )
  expect(await readFile('/proc/self/mountinfo', 'utf8')).toBe(before)
})

test('the time limit ends the program and what it started', async () => {
  const marker = `sleep 987.${process.pid}`
  await expect(sh(`${marker} & wait`, {timeout: 500})).rejects.toThrow(/T012/)
  await sleep(100)
  expect(isAlive(marker)).toBe(false)
})

test('a program does not outlive the process that started it, however that ends', async () => {
  const marker = `sleep 986.${process.pid}`
  const command = enterCommand(toolbox.root, marker.split(' '), {asRoot: process.getuid?.() === 0})
  const script = `require('node:child_process').spawn(${JSON.stringify(command[0])}, ${JSON.stringify(command.slice(1))}, {detached: true, stdio: 'ignore'}); setInterval(() => {}, 1000)`
  const parent: ChildProcess = spawn(process.execPath, ['-e', script])
  while (!isAlive(marker)) await sleep(50)
  parent.kill('SIGKILL')
  for (let i = 0; i < 50 && isAlive(marker); i++) await sleep(50)
  expect(isAlive(marker)).toBe(false)
})

test('a missing program is its answer; a missing bind is an error of the toolbox', async () => {
  expect((await toolbox.run(['no-such-program'])).code).toBe(127)
  await expect(sh('true', {binds: [{from: join(folder, 'absent'), to: '/build/x'}]})).rejects.toThrow(/T011/)
})

test.runIf(process.getuid?.() === 0)('an ordinary user needs a user namespace only', async ({skip}) => {
  const probe = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
  try {
    execFileSync(probe[0] ?? '', [...probe.slice(1), 'unshare', '--user', '--map-root-user', 'true'], {
      stdio: 'ignore',
    })
  } catch {
    skip('this machine gives ordinary users no user namespaces')
  }
  // Theirs must be a place that they can reach: a root of links to the same files.
  const theirs = join(tmpdir(), `toolbox-user-${process.pid}`)
  await mkdir(theirs)
  try {
    await chmod(theirs, 0o755)
    execFileSync('cp', ['-al', toolbox.root, join(theirs, 'root')])
    const command = enterCommand(
      join(theirs, 'root'),
      ['sh', '-c', 'id -u; gcc-14 -dumpversion; touch /build/x && echo w'],
      {asRoot: false},
    )
    const out = execFileSync(probe[0] ?? '', [...probe.slice(1), ...command], {
      env: {PATH: '/usr/sbin:/usr/bin:/sbin:/bin'},
    })
    expect(out.toString()).toBe('0\n14\nw\n')
  } finally {
    await rm(theirs, {recursive: true})
  }
})
