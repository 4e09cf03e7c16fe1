import {cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {lockstep} from './testing.ts'

let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'two-matrices-'))
  cpSync('docs/examples/second-project', dir, {recursive: true})
  const first = readFileSync(join(dir, 'matrix/greeter.yaml'), 'utf8')
  writeFileSync(join(dir, 'matrix/waver.yaml'), first.replace(/^ {2}id: greeter$/m, '  id: waver'))
})
afterAll(() => rmSync(dir, {recursive: true}))

test('of several matrices with a release, --matrix says which one is released', async () => {
  const both = await lockstep(dir, 'generate')
  expect(both).toMatchObject({code: 2, err: expect.stringContaining('name one with --matrix FILE')})
  for (const name of ['greeter', 'waver']) {
    const file = `matrix/${name}.yaml`
    expect(await lockstep(dir, 'generate', '--matrix', file)).toMatchObject({code: 0, err: ''})
    expect(readFileSync(join(dir, 'CHANGELOG.md'), 'utf8')).toContain(`from ${file}`)
    expect(await lockstep(dir, 'check', '--matrix', file)).toMatchObject({code: 0})
  }
})
