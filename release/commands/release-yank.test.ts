import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {publishedSmall} from '../mirror/testing.ts'
import {testSigner, testSource} from '../trust/testing.ts'
import {copyOfCheckout, lockstep} from './testing.ts'

const layout = mkdtempSync(join(tmpdir(), 'yank-'))
let copy: Awaited<ReturnType<typeof copyOfCheckout>>
beforeAll(async () => {
  copy = await copyOfCheckout()
  const {tree} = await publishedSmall(layout, {signer: testSigner().signer, source: testSource})
  for (const [path, data] of tree) {
    if (!path.startsWith(layout)) continue
    mkdirSync(dirname(path), {recursive: true})
    writeFileSync(path, data)
  }
}, 60_000)
afterAll(() => {
  copy?.remove()
  rmSync(layout, {recursive: true, force: true})
})

test('a withdrawal that was cut off before the pages were written is finished by the next run', async () => {
  const run = (...args: string[]) => lockstep(copy.root, ...args)
  expect(await run('generate')).toMatchObject({code: 0})
  const page = join(copy.root, 'CHANGELOG.md')
  const before = readFileSync(page)
  const words = ['release', 'yank', '0.2.0', '--reason', 'Bad.', '--to', `oci:${layout}`, '--no-github']
  expect(await run(...words, '--yes')).toMatchObject({code: 0, err: ''})
  expect(readFileSync(page).equals(before)).toBe(false)
  writeFileSync(page, before)
  expect((await run(...words)).out).toContain('1 call would be made')
  expect(await run(...words, '--yes')).toMatchObject({code: 0, err: ''})
  expect(await run('check')).toMatchObject({code: 0})
  expect((await run(...words)).out).toContain('nothing was left to do')
}, 120_000)
