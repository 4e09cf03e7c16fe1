import {linkSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {digestOf} from '../lib/digest.ts'
import {hashOnce} from './hash-files.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hash-'))
})
afterEach(() => rmSync(dir, {recursive: true, force: true}))

const all = () => readdirSync(dir).map(name => ({path: join(dir, name), size: 3}))

test('names of one file and files of their own, in the order asked', async () => {
  writeFileSync(join(dir, 'a'), 'one')
  writeFileSync(join(dir, 'b'), 'two')
  linkSync(join(dir, 'a'), join(dir, 'c'))
  const hash = hashOnce()
  expect(await hash(all())).toEqual(['one', 'two', 'one'].map(digestOf))
  expect(await hash(all().reverse())).toEqual(['one', 'two', 'one'].map(digestOf))
  expect(await hash([])).toEqual([])
})

test('a file that is written again at once, with the same size, is read again', async () => {
  const hash = hashOnce()
  for (let i = 100; i < 200; i++) {
    writeFileSync(join(dir, 'a'), String(i))
    expect(await hash(all())).toEqual([digestOf(String(i))])
  }
})

test('a file that can not be read is named', async () => {
  await expect(hashOnce()([{path: join(dir, 'gone'), size: 1}])).rejects.toThrow(/E010.*gone/)
})
