import {type ChildProcess, spawn} from 'node:child_process'
import {cp, mkdtemp, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {afterAll, beforeAll, expect, test} from 'vitest'

const root = join(import.meta.dirname, '../..')
let clone = ''
beforeAll(async () => {
  clone = await mkdtemp(join(tmpdir(), 'clone-'))
  for (const name of ['bootstrap', 'package.json', 'package-lock.json', '.npmrc', 'lockstep'])
    await cp(join(root, name), join(clone, name), {recursive: true})
})
afterAll(() => rm(clone, {recursive: true, force: true, maxRetries: 5}))

function prepare(env: Record<string, string> = {}): {
  child: ChildProcess
  ended: Promise<[number | null, string]>
} {
  const child = spawn(process.execPath, [join(clone, 'bootstrap/house.mjs')], {
    env: {...process.env, MOCK_DEVICE_CACHE: join(clone, 'cache'), ...env},
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let words = ''
  child.stderr.on('data', chunk => {
    words += chunk
  })
  return {child, ended: new Promise(resolve => child.on('close', code => resolve([code, words])))}
}

test('a machine without a needed program is told which, why, and how to get it', async () => {
  const [code, words] = await prepare({PATH: join(clone, 'nowhere')}).ended
  expect(code).toBe(3)
  expect(words).toMatch(/^error\[E093\]: not found in PATH: git \(.+\), npm \(/)
  expect(words).toMatch(/hint: apt-get install git npm/)
})

test('an install that is killed at any moment is done again; two at once make one', async () => {
  for (const after of [300, 1500, 3000]) {
    const {child, ended} = prepare()
    await sleep(after)
    child.kill('SIGKILL')
    await ended
  }
  const both = await Promise.all([prepare().ended, prepare().ended])
  expect(both.map(([code]) => code)).toEqual([0, 0])
  expect(both.filter(([, words]) => words.includes('packages installed'))).toHaveLength(1)
  expect((await stat(join(clone, `node_modules/node-linux-${process.arch}/bin/node`))).isFile()).toBe(true)
  expect(await prepare().ended).toEqual([0, ''])
  expect(await readdir(join(clone, 'cache/locks'))).toEqual([])
})

test('a lock file that has moved on installs again', async () => {
  const path = join(clone, 'node_modules/.package-lock.json')
  const there = JSON.parse(await readFile(path, 'utf8'))
  there.packages['node_modules/yaml'].version = '0.0.1'
  await writeFile(path, JSON.stringify(there))
  const [code, words] = await prepare().ended
  expect(code).toBe(0)
  expect(words).toContain('packages installed')
})
