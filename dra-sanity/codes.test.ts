import {globSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {codes} from './codes.ts'

test('every code that is used is told, and no other', () => {
  const here = import.meta.dirname
  const files = globSync('src/**/*.ts', {cwd: here}).filter(path => !path.endsWith('.test.ts'))
  const text = files.map(path => readFileSync(join(here, path), 'utf8')).join('\n')
  const used = new Set([...text.matchAll(/(?:code: |report\()'(F\d{3})'/g)].map(([, code]) => code))
  expect([...used].sort()).toEqual(Object.keys(codes))
})
