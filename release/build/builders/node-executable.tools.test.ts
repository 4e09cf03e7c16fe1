import {execFileSync, spawn} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {connect} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {registers} from '#lib/generated/device.ts'
import {arm64Emulator} from '#testbed/emulator/emulator.ts'
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

test('for arm64: the same twice, and serves a register in an emulator', async () => {
  const path = join(dir, 'arm64')
  const first = await make('arm64', path)
  expect(await make('arm64', path)).toBe(first)
  const command = [...(await arm64Emulator()), path]
  expect(said(command, '--version')).toBe('mock-accel-server 0.2.0\n')
  expectLicenses(said(command, '--licenses'))
  await serving([...command, '--socket', `${dir}/arm64.sock`], async () => {
    expect(await registerRead(join(dir, 'arm64.sock'), registers.DEVICE_ID.offset)).toBe(
      registers.DEVICE_ID.value,
    )
  })
})

test('for amd64: the same twice, and serves a device by its addon, in little memory', async () => {
  const server = join(dir, 'mock-accel-server')
  const first = await make('amd64', server)
  expect(await make('amd64', server)).toBe(first)
  const ctl = join(dir, 'mock-accel-ctl')
  symlinkSync('mock-accel-server', ctl)
  expect(said([server], '--version')).toBe('mock-accel-server 0.2.0\n')
  expect(said([ctl], '--version')).toBe('mock-accel-ctl 0.2.0\n')
  expect(said([server], 'ctl', '--version')).toBe('mock-accel-ctl 0.2.0\n')

  expectLicenses(said([ctl], '--licenses'))

  // How much of a program counts as resident depends on how its pages came into the cache: as on a fresh machine.
  execFileSync('dd', [`of=${server}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0', 'status=none'])
  await serving([server, '--socket', dir, '--vfs', '2'], async pid => {
    expect(await registerRead(join(dir, 'pf0.sock'), registers.DEVICE_ID.offset)).toBe(
      registers.DEVICE_ID.value,
    )
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1])
    expect(kilobytes('RssAnon')).toBeLessThan(32 * 1024)
    expect(kilobytes('VmRSS')).toBeLessThanOrEqual(64 * 1024)
    const listed = JSON.parse(said([ctl], '--control', join(dir, 'control.sock'), 'list', '-o', 'json'))
    expect(listed.map((one: {name: string}) => one.name)).toEqual(['pf0', 'pf0-vf0', 'pf0-vf1'])
  })
})

const said = ([program = '', ...before]: string[], ...args: string[]) =>
  execFileSync(program, [...before, ...args], {cwd: '/', maxBuffer: 2 ** 24}).toString()

function expectLicenses(text: string): void {
  const heads = [...text.matchAll(/^=+ (\S+)/gm)].map(([, name = '']) => name.replace(/@.*/, ''))
  expect(heads).toEqual(['mock-accel-server', 'yaml', 'zod', 'Node.js'])
  for (const words of [
    'Apache License',
    'Eemeli Aro',
    'Colin McDonnell',
    'Copyright Node.js contributors',
    'OpenSSL',
  ])
    expect(text).toContain(words)
}

/** A server, from its first word on, for as long as `work` takes. */
async function serving([program = '', ...args]: string[], work: (pid?: number) => Promise<void>) {
  const child = spawn(program, args, {cwd: '/', env: {}})
  try {
    await new Promise(resolve => child.stdout.once('data', resolve))
    await work(child.pid)
  } finally {
    child.kill('SIGTERM')
    await new Promise(resolve => child.once('exit', resolve))
  }
}

/** Says VERSION 0.0 to a server and answers 4 bytes of BAR0. */
function registerRead(path: string, offset: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => socket.write(request(1, 20)))
    socket.once('error', reject)
    socket.once('data', version => {
      expect([version.readUInt16LE(2), version.readUInt32LE(8)]).toEqual([1, 1])
      const read = request(9, 32)
      read.writeUInt32LE(offset, 16)
      read.writeUInt32LE(4, 28)
      socket.write(read)
      socket.once('data', reply => {
        socket.destroy()
        resolve(reply.readUInt32LE(32))
      })
    })
  })
}

function request(command: number, size: number): Buffer {
  const bytes = Buffer.alloc(size)
  bytes.writeUInt16LE(command, 2)
  bytes.writeUInt32LE(size, 4)
  return bytes
}
