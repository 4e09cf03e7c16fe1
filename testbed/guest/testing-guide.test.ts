import {globSync, readFileSync} from 'node:fs'
import {basename, join} from 'node:path'
import {expect, test} from 'vitest'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/guides/testing-guide.md'), 'utf8')

test('who would tell of a changed QEMU is there', () => {
  const tests = new Map(
    globSync('{kernel-driver,testbed/guest,vfio-user-server}/**/*.test.ts', {cwd: root}).map(path => [
      basename(path),
      readFileSync(join(root, path), 'utf8'),
    ]),
  )
  const section = page.split('## What depends on QEMU')[1] ?? ''
  const named = [...section.matchAll(/`([\w.-]+\.test\.ts)`(?:: `([^`]+)`)?/g)]
  expect(named.length).toBeGreaterThan(9)
  for (const [, file = '', title = 'test('] of named) expect(tests.get(file), file).toContain(title)
})
