import {readFileSync} from 'node:fs'
import {basename, join} from 'node:path'
import {expect, test} from 'vitest'
import {parse} from 'yaml'
import {dra} from '#lib/generated/device.ts'
import {resolveConfigs} from './config/resolve.ts'
import {pages, withTables} from './docs.ts'
import {limits} from './events/events.ts'

const text = (name: string) => readFileSync(pages.find(page => basename(page) === name) ?? '', 'utf8')

test.each(pages.map(page => basename(page)))('the tables of %s are those of the code', name => {
  expect(text(name), 'run node dra-driver/src/docs.ts').toBe(withTables(text(name)))
  expect(text(name)).not.toContain('there is no table')
})

test('the example of parameters is right', () => {
  const [example = ''] = /(?<=```yaml parameters\n)[\s\S]*?(?=\n```)/.exec(text('dra-api.md')) ?? []
  const claim = parse(example) as {spec: {devices: {config: []}}}
  const {configOf, problems} = resolveConfigs(claim.spec.devices.config, dra.driver)
  expect(problems).toEqual([])
  expect(configOf('accelerator')).toEqual({passphraseLength: 8, resetOnRelease: true})
})

test('what the pages say of names is so', () => {
  for (const name of dra.cdiEnv) expect(text('dra-api.md')).toContain(`| \`${name}\` |`)
  const events = readFileSync(join(import.meta.dirname, 'events/events.ts'), 'utf8')
  for (const [, name] of events.match(/Reason = (.*)/)?.[1]?.matchAll(/'(\w+)'/g) ?? [])
    expect(text('dra-driver.md')).toContain(`| \`${name}\` |`)
  expect(text('dra-driver.md')).toContain(`more than ${limits.burst} at once`)
})
