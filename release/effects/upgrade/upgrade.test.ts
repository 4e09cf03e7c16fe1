import {appendFile, chmod, mkdtemp, readFile, rm, stat, writeFile} from 'node:fs/promises'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import type {World} from '#release/run/world.ts'
import {type Kube, KubeError, type KubeObject} from '../../lib/kube.ts'
import {realExec} from '../exec.ts'
import {realFiles} from '../files.ts'
import {takeLease} from './lease.ts'
import {fileLog} from './log.ts'
import {realWorld} from './world.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'upgrade-'))
})
afterEach(() => rm(folder, {recursive: true, force: true}))

describe('a journal on the disk', () => {
  const path = () => join(folder, 'journal')

  test('grows line by line, for its owner alone', async () => {
    const log = fileLog(path())
    expect(await log.read()).toBeUndefined()
    await log.append('one')
    await log.append('two')
    expect(await readFile(path(), 'utf8')).toBe('one\ntwo\n')
    expect((await stat(path())).mode & 0o777).toBe(0o600)
    const again = fileLog(path())
    expect(await again.read()).toBe('one\ntwo\n')
    await again.append('three')
    expect(await readFile(path(), 'utf8')).toBe('one\ntwo\nthree\n')
  })

  test('what a dead writer left unfinished is cut off by the next line', async () => {
    await writeFile(path(), 'one\n{"half')
    const log = fileLog(path())
    expect(await log.read()).toBe('one\n{"half')
    await log.append('two')
    expect(await readFile(path(), 'utf8')).toBe('one\ntwo\n')
  })

  test('another writer is noticed before anything is written', async () => {
    const [log, other] = [fileLog(path()), fileLog(path())]
    await Promise.all([log.read(), other.read()])
    await log.append('one')
    await expect(other.append('mine')).rejects.toThrow('Q010')
    await appendFile(path(), 'theirs\n')
    await expect(log.append('two')).rejects.toThrow('Q010')
    expect(await readFile(path(), 'utf8')).toBe('one\ntheirs\n')
  })

  test('a line of the same length in the place of one’s own is noticed, too', async () => {
    const log = fileLog(path())
    await log.append('one')
    await writeFile(path(), 'two\n')
    await expect(log.append('next')).rejects.toThrow('Q010')
  })

  test('a record for which there is no room is told, and nothing is done on it', async () => {
    const script = `
      const {fileLog} = await import(${JSON.stringify(new URL('log.ts', import.meta.url).href)})
      await fileLog(process.argv[1]).append('x'.repeat(3000)).catch(error => console.log(error.message))`
    const line = 'ulimit -f 2; exec "$0" --input-type=module -e "$1" "$2"'
    const {stdout} = await realExec.run(['sh', '-c', line, process.execPath, script, path()])
    expect(stdout.toString()).toContain('Q011')
  })
})

describe('the Lease', () => {
  test('a renewal whose answer is lost does not take it from its holder; another holder does', async () => {
    let stored: KubeObject | undefined
    let version = 0
    let losing = false
    const put = (object: KubeObject): KubeObject => {
      stored = {...object, metadata: {...object.metadata, resourceVersion: String(++version)}}
      return stored
    }
    const kube = {
      get: async () => stored ?? Promise.reject(new KubeError(404, 'NotFound', '')),
      create: async (_: unknown, object: KubeObject) => put(object),
      replace: async (_: unknown, object: KubeObject) => {
        if (object.metadata.resourceVersion !== stored?.metadata.resourceVersion)
          throw new KubeError(409, 'Conflict', '')
        const written = put(object)
        if (!losing) return written
        losing = false
        throw new Error('connection reset')
      },
    } as unknown as Kube
    const lock = await takeLease(kube, {name: 'l', namespace: 'n', holder: 'me', now: () => 1000, beat: 0})
    losing = true
    await expect(lock.renew()).rejects.toThrow('connection reset')
    await lock.renew()
    const other = {name: 'l', namespace: 'n', holder: 'other', now: () => 100_000, beat: 0}
    expect((await takeLease(kube, other)).fence).toBe(lock.fence + 1)
    await expect(lock.renew()).rejects.toThrow('Q020')
  })
})

describe('the world', () => {
  const world = (signal = new AbortController().signal): World =>
    realWorld({
      exec: realExec,
      files: realFiles({durable: false}),
      fetch: globalThis.fetch,
      cwd: folder,
      env: {PATH: process.env.PATH, GREETING: 'hello'},
      signal,
    })
  const sh = (line: string) => ({argv: ['sh', '-c', line], shell: true as const})

  test('runs programs with the site’s environment; a failure and a time-out are answers', async () => {
    expect(await world().call(sh('echo $GREETING; echo oh >&2; exit 3'), 10_000)).toEqual({
      code: 3,
      stdout: 'hello\n',
      stderr: 'oh\n',
    })
    expect((await world().call(sh('exec sleep 60'), 100)).code).toBe(124)
    // What a line began holds its output open: it would be waited for to its end.
    expect((await world().call(sh('sleep 60 & sleep 60; echo on'), 100)).code).toBe(124)
    await expect(world().call({argv: ['no-such-program-here']}, 1000)).rejects.toThrow('E020')
  })

  test('keeps output in a file as a whole, and nothing of what failed', async () => {
    await world().call({...sh('echo kept'), into: 'backup.yaml'}, 10_000)
    await world().call({...sh('echo half; exit 1'), into: 'backup.yaml'}, 10_000)
    expect(await readFile(join(folder, 'backup.yaml'), 'utf8')).toBe('kept\n')
  })

  test('reads and writes files of its folder', async () => {
    expect((await world().call({read: 'a'}, 1000)).code).toBe(1)
    await world().call({write: 'a', text: 'x'}, 1000)
    expect(await world().call({read: 'a'}, 1000)).toEqual({code: 0, stdout: 'x', stderr: ''})
    await chmod(join(folder, 'a'), 0o600)
    await world().call({write: 'a', text: 'y'}, 1000)
    expect((await stat(join(folder, 'a'))).mode & 0o777).toBe(0o600)
  })

  test('asks over HTTP; nobody there is an answer as well', async () => {
    const server = createServer((request, response) => {
      response.statusCode = request.method === 'POST' ? 202 : 404
      request.pipe(response)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    expect(await world().call({url}, 5000)).toMatchObject({code: 404})
    expect(await world().call({url, method: 'POST', body: '{}'}, 5000)).toMatchObject({
      code: 202,
      stdout: '{}',
    })
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
    expect((await world().call({url}, 5000)).code).toBe(0)
  })

  test('sleeps until it is asked to stop', async () => {
    const stop = new AbortController()
    const sleeping = world(stop.signal).sleep(60_000)
    stop.abort()
    await expect(sleeping).rejects.toThrow(/abort/i)
  })
})
