import {execFileSync} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {codes as toolbox} from '#release/effects/toolbox/codes.ts'
import {codes as testbed} from './problems.ts'

const root = join(import.meta.dirname, '..')

test.each([
  ['release/effects/toolbox', 'T', toolbox],
  ['testbed', 'B', testbed],
])('%s explains every code it uses, and no other', (folder, letter, table) => {
  const files = execFileSync('git', ['ls-files', '--', folder], {cwd: root}).toString().trim().split('\n')
  const texts = files
    .filter(f => /(?<!\.test|codes|problems)\.ts$/.test(f))
    .map(f => readFileSync(join(root, f), 'utf8'))
  const used = texts.flatMap(text =>
    [...text.matchAll(new RegExp(`['[](${letter}\\d{3})['\\]]`, 'g'))].map(m => m[1]),
  )
  expect(Object.keys(table)).toEqual([...new Set(used)].sort())
})
