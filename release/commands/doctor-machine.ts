import {statfs} from 'node:fs/promises'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {cacheDir} from '../effects/toolbox/cache.ts'
import {mirrorFor} from '../effects/toolbox/mirror.ts'
import type {Context, Run} from './command.ts'
import {type Paint, print, table} from './output.ts'

type Check = {
  name: string
  state: 'ok' | 'missing' | 'optional'
  /** What was found, or what to do. */
  note: string
}

/** 1 when something is missing that builds need. */
export const run: Run = async (_args, context) => {
  const checks = [
    {name: 'node', state: 'ok' as const, note: process.version},
    ...(await Promise.all(programs.map(p => program(p, context)))),
    await namespaces(context),
    await space(context),
    await mirror(),
  ]
  const missing = checks.filter(c => c.state === 'missing')
  print(context, {ready: missing.length === 0, checks}, paint => {
    const rows = checks.map(c => [paint(tones[c.state], c.state), c.name, c.note])
    const end =
      missing.length === 0
        ? 'this machine can build releases'
        : `missing: ${missing.map(c => c.name).join(', ')}`
    return `${table(['STATE', 'WHAT', 'NOTE'], rows, paint, context.width)}\n${end}\n`
  })
  return missing.length === 0 ? 0 : 1
}

const tones: Record<Check['state'], Parameters<Paint>[0]> = {ok: 'green', missing: 'red', optional: 'yellow'}

type Program = {name: string; needed: boolean; use: string}

const programs: readonly Program[] = [
  {
    name: 'git',
    needed: false,
    use: 'to tell source files from others; without it only node_modules and dist are left out',
  },
  {name: 'xz', needed: true, use: 'to read package indexes (package xz-utils)'},
  {name: 'dpkg-deb', needed: true, use: 'to put the toolbox together (package dpkg)'},
  {name: 'unshare', needed: true, use: 'to enter the toolbox (package util-linux)'},
  {name: 'setpriv', needed: true, use: 'to enter the toolbox (package util-linux)'},
  {name: 'gpgv', needed: false, use: "to check the archives' signatures"},
  {name: 'kubectl', needed: false, use: 'for `kernels coverage --live`'},
]

async function program({name, needed, use}: Program, {exec}: Context): Promise<Check> {
  const argument = name === 'kubectl' ? ['version', '--client'] : ['--version']
  const found = await exec.run([name, ...argument], {timeout: 10_000}).catch(() => undefined)
  if (!found) return {name, state: needed ? 'missing' : 'optional', note: `needed ${use}`}
  return {name, state: 'ok', note: found.stdout.toString().split('\n', 1)[0] ?? ''}
}

/** Whether a mount namespace can be had, as the toolbox needs it: as root directly, else by a user namespace. */
async function namespaces({exec}: Context): Promise<Check> {
  const name = 'namespaces'
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']
  const tried = await exec
    .run(['unshare', ...user, '--mount', 'true'], {timeout: 10_000})
    .catch(() => undefined)
  if (tried?.code === 0)
    return {name, state: 'ok', note: user.length === 0 ? 'as root' : 'as an ordinary user'}
  const said = tried?.stderr.toString().trim() ?? 'unshare is missing'
  return {
    name,
    state: 'missing',
    note: `${said}; be root, or allow user namespaces (sysctl user.max_user_namespaces)`,
  }
}

/** The toolbox, headers of all kernels, and what is made of them. */
const wantedBytes = 6 * 2 ** 30

async function space({files}: Context): Promise<Check> {
  const name = 'cache'
  const dir = cacheDir()
  await files.mkdir(dir)
  const {bavail, bsize} = await statfs(dir)
  const gibibytes = `${((bavail * bsize) / 2 ** 30).toFixed(1)} GiB free in ${dir}`
  if (bavail * bsize >= wantedBytes) return {name, state: 'ok', note: gibibytes}
  return {
    name,
    state: 'optional',
    note: `${gibibytes}; a first build wants 6, MOCK_DEVICE_CACHE names another place`,
  }
}

async function mirror(): Promise<Check> {
  const name = 'mirror'
  try {
    return {name, state: 'ok', note: new URL(await mirrorFor('trixie')).host}
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    const [problem] = error.diagnostics
    return {name, state: 'missing', note: `${problem?.message}; ${problem?.hint ?? ''}`}
  }
}
