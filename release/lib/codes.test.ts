import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, it} from 'vitest'
import {codes as effects} from '../effects/codes.ts'
import {codes} from './codes.ts'

const effectsFolder = join(import.meta.dirname, '..', 'effects')

it('explains every code that is thrown here, and none that is not', () => {
  const sources = [
    ...readdirSync(import.meta.dirname, {recursive: true, encoding: 'utf8'}).map(f =>
      join(import.meta.dirname, f),
    ),
    ...readdirSync(effectsFolder, {recursive: true, encoding: 'utf8'}).map(f => join(effectsFolder, f)),
  ].filter(f => f.endsWith('.ts') && !f.endsWith('.test.ts') && !f.endsWith('codes.ts'))
  const used = sources.flatMap(f =>
    [...readFileSync(f, 'utf8').matchAll(/'([AEOR]\d{3})'/g)].map(m => m[1] ?? ''),
  )
  expect([...new Set(used)].sort()).toEqual(Object.keys({...codes, ...effects}).sort())
})
