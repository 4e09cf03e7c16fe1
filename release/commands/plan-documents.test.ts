import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {lockstep} from './testing.ts'

let dir: string
const run = (...argv: string[]) => lockstep(process.cwd(), ...argv)

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'plans-'))
  const matrix = ['--matrix', 'docs/examples/matrix/webshop.yaml', '--now', '2026-11-21', '-o', 'json']
  for (const [name, wanted] of [
    ['plan', '1.36'],
    ['other', '1.35'],
  ]) {
    const {out} = await run(
      'upgrade',
      'plan',
      'operator=1.9.1..2.0.0',
      `kubernetes=1.34..${wanted}`,
      'database=16.4.0',
      ...matrix,
    )
    writeFileSync(join(dir, `${name}.json`), out)
  }
})
afterAll(() => rmSync(dir, {recursive: true}))
const file = (name: string) => join(dir, `${name}.json`)

test('a plan is drawn in both forms', async () => {
  expect((await run('upgrade', 'graph', file('plan'))).out).toMatch(/^<svg .*operator 1\.9\.1.*<\/svg>\n$/s)
  expect((await run('upgrade', 'graph', file('plan'), '--as', 'mermaid')).out).toMatch(/^flowchart TD\n/)
})

test('two plans are compared; equal ones end with 0', async () => {
  expect((await run('upgrade', 'diff', file('plan'), file('plan'))).code).toBe(0)
  const {code, out} = await run('upgrade', 'diff', file('other'), file('plan'))
  expect(code).toBe(1)
  expect(out).toContain('wanted: kubernetes 1.35 → 1.36\n')
  expect(out).toMatch(/^\+ \d\. kubernetes 1\.35 → 1\.36$/m)
})

test('a schedule keeps to the windows, and says what does not fit', async () => {
  const window = ['--start', '2026-11-21T12:00', '--window', 'Sat 22:00-24:00']
  const fits = await run('upgrade', 'schedule', file('plan'), ...window, '--hop-time', '2h')
  expect(fits.code).toBe(0)
  expect(fits.out).toMatch(/^1 .* 2026-11-21T22:00Z/m)
  expect(fits.out).toMatch(/^2 .* 2026-11-28T22:00Z/m)
  const tight = await run('upgrade', 'schedule', file('plan'), ...window, '--hop-time', '3h')
  expect(tight.code).toBe(1)
  expect(tight.out).toContain('no window is as long')
})

test('what cannot be read is told all at once', async () => {
  const {code, err} = await run(
    'upgrade',
    'schedule',
    file('plan'),
    '--start',
    'soon',
    '--window',
    'Sat',
    '--hop-time',
    'x',
  )
  expect(code).toBe(2)
  expect(err.match(/error\[J040\]/g)).toHaveLength(3)
  expect((await run('upgrade', 'graph', file('none'))).err).toContain('there is no plan at')
})
