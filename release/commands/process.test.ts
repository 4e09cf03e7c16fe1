import {type SpawnSyncOptions, spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {Worker} from 'node:worker_threads'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {deflatePiece} from '../lib/deflate.ts'

const lockstep = join(process.cwd(), 'lockstep')
const env = {...process.env, FORCE_COLOR: '', NO_COLOR: ''}
const run = (args: string[], options: SpawnSyncOptions = {}) =>
  spawnSync(lockstep, args, {encoding: 'utf8', env, ...options})

let elsewhere: string
beforeAll(() => {
  elsewhere = mkdtempSync(join(tmpdir(), 'elsewhere-'))
  // The first call makes the bundle, which the others take.
  run(['--help'])
})
afterAll(() => rmSync(elsewhere, {recursive: true, force: true}))

test('the bundle answers as the sources do, from any folder and through a link', () => {
  expect(run(['explain', 'C001']).stdout).toContain('C001: Unknown command')
  expect(run(['matrix', 'lint', '--root', process.cwd()], {cwd: elsewhere})).toMatchObject({status: 0})
  expect(run(['matrix', 'lint'], {cwd: elsewhere})).toMatchObject({status: 2, stdout: ''})
  expect(run(['matrix', 'lint'], {cwd: 'release/commands'})).toMatchObject({status: 0})
  symlinkSync(lockstep, join(elsewhere, 'ls-link'))
  expect(spawnSync(join(elsewhere, 'ls-link'), ['explain', 'C001'], {env}).status).toBe(0)
})

test('threads that compress find their file beside the bundle, and give the bytes of the sources', async () => {
  const data = new SharedArrayBuffer(100_000)
  const next = new SharedArrayBuffer(4)
  const file = join(process.cwd(), 'node_modules/.cache/lockstep/deflate-worker.cjs')
  const [{index, bytes}] = await once(new Worker(file, {workerData: {data, next}, execArgv: []}), 'message')
  expect(index).toBe(0)
  expect(Buffer.from(bytes)).toEqual(Buffer.from(deflatePiece(new Uint8Array(data), true)))
})

test('a reader that has seen enough is no error', () => {
  const piped = spawnSync(
    'bash',
    ['-c', `set -o pipefail; '${lockstep}' release plan -o json | head -c 100 >/dev/null; echo $?`],
    {
      encoding: 'utf8',
      env,
    },
  )
  expect(piped).toMatchObject({stdout: '0\n', stderr: ''})
})

test('Ctrl-C ends with 130 and says what is next', async () => {
  // Reading nodes from a pipe that stays open waits for ever.
  const child = spawn(lockstep, ['kernels', 'coverage', '--nodes', '-'], {
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let [out, err] = ['', '']
  child.stdout.on('data', part => {
    out += part
  })
  child.stderr.on('data', part => {
    err += part
  })
  setTimeout(() => child.kill('SIGINT'), 1500)
  const [code] = await once(child, 'exit')
  expect({code, out}).toEqual({code: 130, out: ''})
  expect(err).toContain('interrupted')
})

test('works in a clone whose path has spaces, reads only', () => {
  const clone = join(elsewhere, 'a clone')
  for (const part of ['matrix', 'components']) cpSync(part, join(clone, part), {recursive: true})
  const {status, stdout} = run(['matrix', 'lint'], {cwd: clone})
  expect({status, stdout}).toMatchObject({status: 0})
  expect(stdout).toContain('matrix/mock-device.yaml')
  expect(readdirSync(clone).sort()).toEqual(['components', 'matrix'])
})

// Few machines have them all; the script of bash is tested everywhere.
for (const shell of ['zsh', 'fish'])
  test.skipIf(spawnSync(shell, ['--version']).error)(
    `the completion script of ${shell} is one that it takes`,
    () => {
      const script = run(['completion', shell]).stdout as string
      const checked = spawnSync(shell, ['-n', '-c', script], {env})
      expect(checked.stderr.toString()).toBe('')
      expect(checked.status).toBe(0)
    },
  )

test('whoever reads a long result slowly gets all of it', () => {
  const slow = spawnSync('sh', ['-c', '"$0" release plan -o json | (sleep 3; tail -c 3)', lockstep], {env})
  expect(slow.stdout.toString()).toBe('\n}\n')
})
