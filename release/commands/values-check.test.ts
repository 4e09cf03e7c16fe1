import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {parse} from 'yaml'
import {lockstep} from './testing.ts'

const chart = resolve('charts/mock-device')
let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'values-'))
  writeFileSync(join(dir, 'good.yaml'), 'draDriver: {logLevel: debug}\n')
  writeFileSync(join(dir, 'bad.yaml'), 'draDriver:\n  logLevle: debug\n')
  writeFileSync(join(dir, 'list.yaml'), '- a\n')
})
afterAll(() => rmSync(dir, {recursive: true}))

const check = (...argv: string[]) => lockstep(dir, 'values', 'check', ...argv)

test('0 when they fit, 1 with the place when they do not', async () => {
  expect(await check('--values', 'good.yaml', '--chart', chart)).toMatchObject({code: 0, err: ''})
  const bad = await check('--values', 'bad.yaml', '--chart', chart)
  expect(bad.code).toBe(1)
  expect(bad.out).toContain('bad.yaml:2:3: error[J120]')
  expect(bad.out).toContain('did you mean logLevel?')
  const data = await check('--values', 'bad.yaml', '--chart', chart, '-o', 'yaml')
  expect(parse(data.out)).toMatchObject({chart: 'mock-device', diagnostics: [{code: 'J120'}]})
})

test('an earlier chart may be a folder; another version needs a registry', async () => {
  expect((await check('--values', 'good.yaml', '--chart', chart, '--from', chart)).code).toBe(0)
  expect((await check('--values', 'good.yaml', '--chart', chart, '--from', '0.1.0')).err).toContain('J126')
})

test('what cannot be read is told', async () => {
  expect((await check('--values', 'good.yaml')).err).toContain('J126')
  expect((await check('--values', 'good.yaml', '--chart', 'nowhere')).err).toContain('J124')
  expect((await check('--values', 'list.yaml', '--chart', chart)).err).toContain('J125')
  expect((await check('--values', 'good.yaml', '--chart', 'oci://example.com/charts/app')).err).toContain(
    'J124',
  )
})
