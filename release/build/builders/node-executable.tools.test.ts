import {execFileSync, spawn} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {connect} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {realExec} from '../../effects/exec.ts'
import {memoryFiles} from '../../effects/memory-files.ts'
import {npmPackage} from '../../effects/npm-package.ts'
import {silentProgress} from '../../effects/progress.ts'
import {openToolbox} from '../../effects/toolbox/toolbox.ts'
import {readTree} from '../../effects/tree.ts'
import {loadShape} from '../../matrix/load.ts'
import {componentSchema} from '../../plan/component.ts'
import {executableDraft} from '../../plan/executable.ts'
import {lockedNpmPackages} from '../../plan/npm-lock.ts'
import type {Artifact, RecipeOf} from '../../plan/plan.ts'
import {smallContext} from '../testing.ts'
import {buildNodeExecutable} from './node-executable.ts'

const root = join(import.meta.dirname, '../../..')

let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'executable-'))
})
afterAll(() => rmSync(dir, {recursive: true, force: true}))

/** The server as it is released; answers its digest and writes it to `path`. */
async function make(arch: 'amd64' | 'arm64', path: string): Promise<string> {
  const file = 'components/vfio-user-server.yaml'
  const component = loadShape(readFileSync(join(root, file)), file, componentSchema).value
  const recipe = component?.builds.find(b => b.kind === 'node-executable')
  if (!component || !recipe) throw new Error(`${file} has no program`)
  const tree = await readTree(root, realExec)
  const npm = lockedNpmPackages(tree.bytes.get('package-lock.json'))
  const draft = executableDraft(recipe, component, {npm, tree: tree.files}, '0.2.0', arch)
  const context = {
    ...smallContext({epoch: 0, version: '0.2.0'} as Parameters<typeof smallContext>[0], memoryFiles()),
    toolbox: () => openToolbox(),
    npmPackage: (locked: Parameters<typeof npmPackage>[1]) =>
      npmPackage(root, locked, {exec: realExec, progress: silentProgress}),
    readTree: async ({path: name}: {path: string}) => tree.bytes.get(name) as Buffer,
  }
  const artifact: Artifact = {...draft, digest: '', stage: 3}
  const {files} = await buildNodeExecutable(
    draft.recipe as RecipeOf<'node-executable'>,
    [],
    artifact,
    context,
  )
  const [blob] = Object.values(files)
  if (!blob) throw new Error('nothing was made')
  writeFileSync(path, (await context.store.get(blob)) ?? '', {mode: 0o755})
  return blob.digest
}

test('for arm64: the same twice', async () => {
  const path = join(dir, 'arm64')
  const first = await make('arm64', path)
  expect(await make('arm64', path)).toBe(first)
  expect(readFileSync(path).readUInt16LE(18)).toBe(183)
})

test('for amd64: the same twice, and serves a device by its addon, in little memory', async () => {
  const server = join(dir, 'mock-accel-server')
  const first = await make('amd64', server)
  expect(await make('amd64', server)).toBe(first)
  const ctl = join(dir, 'mock-accel-ctl')
  symlinkSync('mock-accel-server', ctl)
  const said = (program: string, ...args: string[]) => execFileSync(program, args, {cwd: '/'}).toString()
  expect(said(server, '--version')).toBe('mock-accel-server 0.2.0\n')
  expect(said(ctl, '--version')).toBe('mock-accel-ctl 0.2.0\n')
  expect(said(server, 'ctl', '--version')).toBe('mock-accel-ctl 0.2.0\n')

  // How much of a program counts as resident depends on how its pages came into the cache: as on a fresh machine.
  execFileSync('dd', [`of=${server}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0', 'status=none'])
  const child = spawn(server, ['--socket', dir, '--vfs', '2'], {cwd: '/', env: {}})
  try {
    await new Promise(resolve => child.stdout.once('data', resolve))
    expect(await negotiated(join(dir, 'pf0.sock'))).toMatchObject({id: 7, command: 1, flags: 1})
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
    const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1])
    expect(kilobytes('RssAnon')).toBeLessThan(32 * 1024)
    expect(kilobytes('VmRSS')).toBeLessThanOrEqual(64 * 1024)
    const listed = JSON.parse(said(ctl, '--control', join(dir, 'control.sock'), 'list', '-o', 'json'))
    expect(listed.map((one: {name: string}) => one.name)).toEqual(['pf0', 'pf0-vf0', 'pf0-vf1'])
  } finally {
    child.kill('SIGTERM')
    await new Promise(resolve => child.once('exit', resolve))
  }
})

/** Says VERSION 0.0 to a server and answers the head of its reply. */
function negotiated(path: string): Promise<{id: number; command: number; flags: number}> {
  const request = Buffer.alloc(20)
  request.writeUInt16LE(7, 0)
  request.writeUInt16LE(1, 2)
  request.writeUInt32LE(20, 4)
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => socket.write(request))
    socket.once('error', reject)
    socket.once('data', reply => {
      socket.destroy()
      resolve({
        id: reply.readUInt16LE(0),
        command: reply.readUInt16LE(2),
        flags: reply.readUInt32LE(8) & 0x2f,
      })
    })
  })
}
