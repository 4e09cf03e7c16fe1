import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {codes} from './codes.ts'

test('every code that a run tells is explained, and none that it does not', () => {
  const folders = ['.', '../effects/upgrade', '../commands'].map(f => join(import.meta.dirname, f))
  const used = folders.flatMap(folder =>
    readdirSync(folder)
      .filter(name => name.endsWith('.ts') && !name.endsWith('.test.ts') && name !== 'codes.ts')
      .flatMap(name => [...readFileSync(join(folder, name), 'utf8').matchAll(/'(Q\d{3})'/g)].map(m => m[1])),
  )
  expect([...new Set(used)].sort()).toEqual(Object.keys(codes).sort())
})
