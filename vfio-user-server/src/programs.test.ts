import {type ChildProcess, execFile, execFileSync, spawn} from 'node:child_process'
import {mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync} from 'node:fs'
import {type AddressInfo, connect, createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {ask} from './control-socket.ts'
import {main as ctlMain} from './ctl.ts'
import {main as serverMain} from './main.ts'
import {WireClient} from './testing.ts'

const program = (name: string) => join(import.meta.dirname, `${name}.ts`)
let folder: string
let children: ChildProcess[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mock-accel-'))
  children = []
})
afterEach(async () => {
  for (const child of children)
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await new Promise(resolve => child.once('exit', resolve))
    }
  rmSync(folder, {recursive: true, force: true})
})

type Result = {code: number; out: string; err: string}
const run = (name: string, ...args: string[]) =>
  new Promise<Result>(resolve => {
    execFile(process.execPath, [program(name), ...args], (error, out, err) =>
      resolve({code: error ? Number(error.code) : 0, out, err}),
    )
  })

/** Starts a server and waits until it says that it is ready. */
async function start(...args: string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [program('main'), '--transport', 'plain', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve())
    child.once('exit', code => reject(new Error(`ended with ${code}`)))
  })
  return child
}
const here = () => ['--control', join(folder, 'control.sock')]
const ctl = (...args: string[]) => run('ctl', ...here(), ...args)
const list = () => ask(join(folder, 'control.sock'), {method: 'list'})

test('a server in a folder, asked by mock-accel-ctl, ended by SIGTERM', async () => {
  const child = await start('--socket', folder, '-u', 'NODE1-NUMA0-PF', '--memory', '8Gi', '--vfs', '2')
  expect(readdirSync(folder).sort()).toEqual(['control.sock', 'pf0-vf0.sock', 'pf0-vf1.sock', 'pf0.sock'])
  const listed = await ctl('list')
  expect(listed.out.split('\n')[1]).toMatch(/^pf0 +pf +NODE1-NUMA0-PF +8Gi +0\/2 +waiting +ok$/)
  expect(await ctl('fault', 'inject', 'pf0', 'health', 'failed')).toEqual({code: 0, out: '', err: ''})
  expect(JSON.parse((await ctl('list', '-o', 'json')).out)).toMatchObject([{health: 'failed'}, {}, {}])
  await expect(ctlMain([...here(), 'fault', 'clear', 'pf7'])).rejects.toMatchObject({
    exit: 1,
    message: expect.stringContaining('U006'),
  })
  expect(await ask(join(folder, 'control.sock'), {method: 'metrics'})).toMatchObject({
    result: expect.stringContaining('mock_accel_health{function="pf0",type="pf"} 2\n'),
  })
  const second = await run('main', '--transport', 'plain', '--socket', folder)
  expect(second).toMatchObject({code: 3, err: expect.stringContaining('U004')})
  const client = await WireClient.ready(join(folder, 'pf0.sock'))
  const idle = connect(join(folder, 'control.sock')).on('error', () => {})
  await new Promise(resolve => idle.once('connect', resolve))
  child.kill('SIGTERM')
  expect(await new Promise(resolve => child.once('exit', resolve))).toBe(0)
  await client.closed
  expect(readdirSync(folder)).toEqual([])
  await expect(ctlMain([...here(), 'list'])).rejects.toMatchObject({
    exit: 3,
    message: expect.stringContaining('U005'),
  })
})

test('one socket at a path, the others beside it', async () => {
  await start('--socket', join(folder, 'gpu.sock'), '--vfs', '1')
  expect(readdirSync(folder).sort()).toEqual(['gpu-control.sock', 'gpu-vf0.sock', 'gpu.sock'])
})

test('a topology file, metrics over HTTP', async () => {
  const file = join(folder, 't.yaml')
  writeFileSync(file, 'apiVersion: mock-accel/v1\nkind: Topology\ndevices: [{vfs: 1}, {}]\n')
  const sockets = join(folder, 'new/sockets')
  const port = await freePort()
  await start('--socket', sockets, '--topology', file, '--metrics', String(port))
  expect(readdirSync(sockets).sort()).toEqual(['control.sock', 'pf0-vf0.sock', 'pf0.sock', 'pf1.sock'])
  expect(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).toContain('function="pf1"')
  const {out} = await run('main', 'qemu-args', '--topology', file, '--sockets', sockets, '-o', 'json')
  const words: string[] = JSON.parse(out)
  expect(words.filter(word => word.includes(sockets))).toHaveLength(3)
  const text = (await run('main', 'qemu-args', '--topology', file, '--sockets', sockets)).out
  expect(
    execFileSync('sh', ['-c', `eval "printf '%s\\n' $1"`, 'sh', text]).toString().trim().split('\n'),
  ).toEqual(words)
})

test('a server of which a part cannot start ends, with the reason', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => taken.once('listening', resolve))
  const {port} = taken.address() as AddressInfo
  const flags = ['--transport', 'plain', '--socket', folder, '--metrics', String(port)]
  const child = spawn(process.execPath, [program('main'), ...flags], {stdio: 'ignore'})
  children.push(child)
  expect(await new Promise(resolve => child.once('exit', resolve))).toBe(3)
  taken.close()
})

test('a server that was killed leaves stale sockets, which the next one replaces', async () => {
  const first = await start('--socket', folder)
  first.kill('SIGKILL')
  await new Promise(resolve => first.once('exit', resolve))
  expect(readdirSync(folder)).toContain('pf0.sock')
  await start('--socket', folder)
  expect(await list()).toHaveProperty('result')
})

test('a control socket that systemd holds is used, and left there', async () => {
  const path = join(folder, 'held.sock')
  const holder = createServer().listen(path)
  await new Promise(resolve => holder.once('listening', resolve))
  const {fd} = (holder as unknown as {_handle: {fd: number}})._handle
  // The shell becomes the server, so that LISTEN_PID is the server's own.
  const command = 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"'
  const server = [program('main'), '--transport', 'plain', '--socket', folder]
  const child = spawn('sh', ['-c', command, process.execPath, ...server], {
    stdio: ['ignore', 'pipe', 'inherit', fd],
  })
  children.push(child)
  // From here on only the server accepts. Closing removes the file, so it is called otherwise meanwhile.
  renameSync(path, `${path}.aside`)
  await new Promise(resolve => holder.close(resolve))
  renameSync(`${path}.aside`, path)
  await new Promise(resolve => child.stdout?.once('data', resolve))
  expect(readdirSync(folder).sort()).toEqual(['held.sock', 'pf0.sock'])
  expect(await ask(path, {method: 'list'})).toMatchObject({result: [{name: 'pf0'}]})
  child.kill('SIGTERM')
  await new Promise(resolve => child.once('exit', resolve))
  expect(readdirSync(folder)).toEqual(['held.sock'])
})

test('nobody has to listen to what the server says', async () => {
  const child = spawn(process.execPath, [
    program('main'),
    '--transport',
    'plain',
    '--socket',
    folder,
    '--log-level',
    'debug',
  ])
  children.push(child)
  await new Promise(resolve => child.stdout.once('data', resolve))
  child.stdout.destroy()
  child.stderr.destroy()
  for (let i = 0; i < 3; i++) await (await WireClient.ready(join(folder, 'pf0.sock'))).end()
  expect(await list()).toMatchObject({result: [{name: 'pf0'}]})
})

test('a control line that never ends is cut off', async () => {
  await start('--socket', folder)
  const socket = connect(join(folder, 'control.sock'))
  socket.on('error', () => {})
  socket.write('x'.repeat(100_000))
  await new Promise(resolve => socket.once('close', resolve))
  expect(await list()).toHaveProperty('result')
})

test.each([
  ['main', [], 'U003'],
  ['main', ['--sokcet', 'x'], 'did you mean --socket'],
  ['main', ['--socket'], 'U002'],
  ['main', ['--socket', 'x', '--sriov', 'qmeu'], 'did you mean qemu'],
  ['main', ['--socket', 'x', '--vfs', '8'], 'from 0 to 7'],
  ['main', ['--socket', 'x', '--memory', '1'], 'U002'],
  ['main', ['--socket', 'x', '--label', 'a b'], 'U002'],
  ['main', ['--socket', 'x', '--label', 'a'.repeat(60), '--vfs', '1'], '59 visible'],
  ['main', ['--socket', 'x', '--metrics', 'x:y'], 'U002'],
  ['main', ['--socket', 'x', '--topology', 't', '--vfs', '1'], 'exclude each other'],
  ['main', ['qemu-args', '--topology', '/nowhere/t.yaml'], 'U010'],
  ['main', ['qemu-args'], 'U003'],
  ['main', ['serve'], 'U001'],
  ['ctl', ['lst'], 'U001'],
  ['ctl', ['fault', 'inject', 'pf0'], 'U003'],
])('%s %j is misuse', async (name, args, message) => {
  const main = name === 'ctl' ? ctlMain : serverMain
  const error = await main(args).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(DiagnosticError)
  const {exit, diagnostics} = error as DiagnosticError
  expect(exit).toBe(2)
  expect(JSON.stringify(diagnostics)).toContain(message)
})

test('misuse ends with 2, says so on standard error, and starts nothing', async () => {
  const {code, out, err} = await run('main', '--sokcet', folder)
  expect([code, out]).toEqual([2, ''])
  expect(err).toContain('did you mean --socket?')
  expect(readdirSync(folder)).toEqual([])
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const {port} = server.address() as {port: number}
  await new Promise(resolve => server.close(resolve))
  return port
}
