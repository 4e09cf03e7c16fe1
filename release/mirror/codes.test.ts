import {readdirSync, readFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {codes as archive} from '../archive/codes.ts'
import {codes as mirror} from './codes.ts'

test('every X code that is thrown is explained, and none that is not', () => {
  const texts = ['release/mirror', 'release/archive', 'release/commands'].flatMap(folder =>
    readdirSync(folder)
      .filter(name => name.endsWith('.ts') && !/codes|\.test\.ts$/.test(name))
      .map(name => readFileSync(`${folder}/${name}`, 'utf8')),
  )
  const thrown = texts.flatMap(text => [...text.matchAll(/'(X\d{3})'/g)].map(m => m[1]))
  expect([...new Set(thrown)].sort()).toEqual(Object.keys({...mirror, ...archive}).sort())
})
