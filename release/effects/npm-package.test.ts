import {createHash} from 'node:crypto'
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test, vi} from 'vitest'
import {fail} from '#lib/diagnostics.ts'
import {gzip} from '../lib/gzip.ts'
import {tar} from '../lib/tar.ts'
import {realExec} from './exec.ts'
import {type LockedNpm, npmPackage, PackageUnavailable} from './npm-package.ts'
import {silentProgress} from './progress.ts'

let dir: string
let archive: Buffer
let locked: LockedNpm
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'npm-'))
  vi.stubEnv('MOCK_DEVICE_CACHE', join(dir, 'cache'))
  archive = await gzip(tar([{type: 'file', path: 'package/a', data: Buffer.from('A')}], {mtime: 0}))
  const integrity = `sha512-${createHash('sha512').update(archive).digest('base64')}`
  locked = {name: '@x/y', version: '1.0.0', integrity}
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(dir, {recursive: true})
})

/** Plays npm; tar is the real one. */
function fetching(bytes: Buffer | undefined) {
  const asked: string[] = []
  const exec: typeof realExec = {
    run: async (command, options) => {
      if (command[0] !== 'npm') return realExec.run(command, options)
      asked.push(command.slice(0, 3).join(' '))
      if (bytes) writeFileSync(join(command[4] ?? '', 'y.tgz'), bytes)
      return {code: bytes ? 0 : 1, stdout: Buffer.alloc(0), stderr: Buffer.from('npm error network\n')}
    },
  }
  return {asked, get: () => npmPackage(dir, locked, {exec, progress: silentProgress})}
}

test('a package is fetched once and checked', async () => {
  const {asked, get} = fetching(archive)
  expect(readFileSync(join(await get(), 'a'), 'utf8')).toBe('A')
  await get()
  expect(asked).toEqual(['npm pack @x/y@1.0.0'])
})

test('what npm has installed is taken, unless it is something else', async () => {
  const {asked, get} = fetching(archive)
  const installed = join(dir, 'node_modules/@x/y')
  mkdirSync(installed, {recursive: true})
  const lock = (integrity: string) =>
    writeFileSync(
      join(dir, 'node_modules/.package-lock.json'),
      JSON.stringify({packages: {'node_modules/@x/y': {integrity}}}),
    )
  lock(locked.integrity)
  expect(await get()).toBe(installed)
  lock('sha512-other')
  expect(await get()).not.toBe(installed)
  expect(asked).toHaveLength(1)
})

test('without npm, and when npm is too slow, the package is what is missing', async () => {
  const {get} = fetching(undefined)
  await expect(get()).rejects.toThrow(PackageUnavailable)
  const exec = {run: async () => fail({code: 'E020', message: "npm can't be started"}, 3)}
  const absent = npmPackage(dir, locked, {exec, progress: silentProgress})
  await expect(absent).rejects.toThrow("E030: npm can't fetch @x/y 1.0.0: npm can't be started")
})

test.each([
  ['E031', Buffer.from('other bytes')],
  ['E030', undefined],
] as const)('%s leaves nothing behind, and the next run gets it', async (code, bytes) => {
  await expect(fetching(bytes).get()).rejects.toThrow(code)
  expect(readdirSync(join(dir, 'cache/npm'))).toEqual([])
  await fetching(archive).get()
})
