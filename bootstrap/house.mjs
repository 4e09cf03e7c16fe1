/**
 * Puts the house in order before anything else runs: the packages of package-lock.json, and with them the
 * pinned Node. Plain JavaScript for Node 20 and later, no dependencies. A step may be interrupted at any
 * moment: the next run sees what is missing and does it again.
 */
import {spawn} from 'node:child_process'
import {createHash} from 'node:crypto'
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import {homedir} from 'node:os'
import {dirname, join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {fileURLToPath, pathToFileURL} from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
export const node = join(root, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node')

/** Ends this process as the project's commands do: code, what is wrong, the next step; exit 3 is environment. */
function refuse(code, message, hint) {
  process.stderr.write(`error[${code}]: ${message}\n  hint: ${hint}\n`)
  process.exit(3)
}

/** Checks the machine, installs what is missing, and returns once the pinned Node is there. */
export async function prepare() {
  checkMachine()
  if (isInstalled()) return
  await withLock(async () => {
    if (!isInstalled()) await install()
  })
  if (!isInstalled())
    refuse('E094', 'npm ci ended well, yet packages are missing', 'remove node_modules and try again')
}

const programs = {
  git: ['git', 'the version and the sources of a release come from it'],
  npm: ['npm', 'it installs the packages and the pinned Node'],
  tar: ['tar', 'packages are unpacked with it'],
  xz: ['xz-utils', 'package indices are packed with it'],
  'dpkg-deb': ['dpkg', 'the toolbox root is made of Debian packages'],
  unshare: ['util-linux', 'the toolbox root is entered by a namespace'],
  setpriv: ['util-linux', 'the toolbox root is entered by a namespace'],
}

function checkMachine() {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch))
    refuse(
      'E091',
      `this needs Linux on x86-64 or arm64, not ${process.platform} ${process.arch}`,
      'use a Linux machine or VM',
    )
  if (Number(process.versions.node.split('.')[0]) < 20)
    refuse(
      'E092',
      `Node ${process.versions.node} is too old to begin with`,
      'install Node 20 or later; the pinned one comes by itself',
    )
  const path = (process.env.PATH ?? '').split(':').concat('/usr/sbin', '/sbin')
  const missing = Object.keys(programs).filter(name => !path.some(dir => existsSync(join(dir, name))))
  if (missing.length === 0) return
  const why = missing.map(name => `${name} (${programs[name][1]})`).join(', ')
  const packages = [...new Set(missing.map(name => programs[name][0]))].join(' ')
  refuse('E093', `not found in PATH: ${why}`, `apt-get install ${packages}`)
}

/** npm writes node_modules/.package-lock.json last; when it agrees with package-lock.json, all is there. */
function isInstalled() {
  const wanted = read('package-lock.json')?.packages
  const there = read('node_modules/.package-lock.json')?.packages
  if (!wanted || !there || !existsSync(node)) return false
  const same = (a, b) => a.version === b.version && a.integrity === b.integrity
  const all = Object.entries(wanted).every(
    ([path, one]) => path === '' || (there[path] ? same(one, there[path]) : one.optional),
  )
  return all && Object.keys(there).every(path => wanted[path])
}

function read(path) {
  try {
    return JSON.parse(readFileSync(join(root, path), 'utf8'))
  } catch {
    return undefined
  }
}

async function install() {
  const started = Date.now()
  process.stderr.write('… install the packages of package-lock.json (npm ci)\n')
  const ticker = setInterval(
    () => process.stderr.write(`  npm ci: ${Math.round((Date.now() - started) / 1000)} s\n`),
    10_000,
  )
  // npm ends with this process, also when this is killed: two installs at once would spoil each other.
  const command = ['--pdeathsig=KILL', 'npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error']
  const child = spawn('setpriv', command, {cwd: root, stdio: ['ignore', 2, 2]})
  const code = await new Promise(resolve => {
    child.on('close', resolve)
    child.on('error', () => resolve(127))
  })
  clearInterval(ticker)
  if (code !== 0)
    refuse(
      'E094',
      `npm ci ended with ${code}`,
      'see its words above; check the network and run the same command again',
    )
  process.stderr.write(`✓ packages installed: ${((Date.now() - started) / 1000).toFixed(1)} s\n`)
}

/** One install at a time in one clone. The lock names its holder; a dead holder's lock is taken over. */
async function withLock(work) {
  const cache =
    process.env.MOCK_DEVICE_CACHE ||
    join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'mock-device')
  const lock = join(cache, 'locks', `install-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`)
  mkdirSync(dirname(lock), {recursive: true})
  const mine = `${lock}.${process.pid}`
  writeFileSync(mine, String(process.pid))
  let told = false
  for (;;) {
    try {
      linkSync(mine, lock)
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    const holder = readHolder(lock)
    if (holder === undefined) continue
    if (!isAlive(holder)) takeAway(lock, holder)
    else {
      if (!told) process.stderr.write(`… process ${holder} is installing, waiting for it\n`)
      told = true
      await sleep(200)
    }
  }
  rmSync(mine)
  try {
    await work()
  } finally {
    rmSync(lock, {force: true})
  }
}

/** Undefined when the lock has gone meanwhile. */
function readHolder(lock) {
  try {
    return Number(readFileSync(lock, 'utf8'))
  } catch {
    return undefined
  }
}

/** Removes a dead holder's lock. Somebody else may do the same, and already hold it: theirs is put back. */
function takeAway(lock, dead) {
  const aside = `${lock}.${process.pid}.old`
  try {
    renameSync(lock, aside)
  } catch {
    return
  }
  try {
    if (readHolder(aside) !== dead) linkSync(aside, lock)
  } catch {
    // Taken by a third: then that one holds it.
  }
  rmSync(aside, {force: true})
}

function isAlive(pid) {
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** Runs a script with the pinned Node, which also comes first in its PATH, and ends as it ends. */
export async function run(script, args) {
  await prepare()
  const env = {...process.env, PATH: `${dirname(node)}:${process.env.PATH ?? ''}`}
  const child = spawn(node, [join(root, script), ...args], {cwd: root, env, stdio: 'inherit'})
  // The terminal sends Ctrl-C to both; this process stays until the other has cleared up.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => signal === 'SIGTERM' && child.kill(signal))
  child.on('close', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)))
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await prepare()
  // `./lockstep` compares these two files' times to see whether it has to ask again.
  utimesSync(join(root, 'node_modules/.package-lock.json'), new Date(), new Date())
}
