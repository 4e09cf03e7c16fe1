import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {codes} from './codes.ts'

test('every code that is used is explained, and no other', () => {
  const sources = readdirSync(import.meta.dirname, {recursive: true, encoding: 'utf8'}).filter(
    path => path.endsWith('.ts') && !/(\.test|codes)\.ts$/.test(path),
  )
  const used = sources.flatMap(path =>
    [...readFileSync(join(import.meta.dirname, path), 'utf8').matchAll(/'(U\d{3})'/g)].map(
      match => match[1] ?? '',
    ),
  )
  expect([...new Set(used)].sort()).toEqual(Object.keys(codes).sort())
})
