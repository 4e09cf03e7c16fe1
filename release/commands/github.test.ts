import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, expect, test} from 'vitest'
import type {Diagnostic} from '#lib/diagnostics.ts'
import {tellGitHub} from './github.ts'

const folder = mkdtempSync(join(tmpdir(), 'summary-'))
afterAll(() => rmSync(folder, {recursive: true}))

const problem: Diagnostic = {
  code: 'M001',
  severity: 'error',
  message: '100% wrong: a | b\n<img src=x>',
  place: {file: 'matrix/a,b.yaml', line: 3, col: 7},
}

test('an annotation at the line, and a row of the summary that nothing breaks', async () => {
  const file = join(folder, 'summary.md')
  let said = ''
  const err = (text: string) => {
    said += text
  }
  await tellGitHub([problem], {env: {GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: file}, err})
  expect(said).toBe(
    '::error file=matrix/a%2Cb.yaml,line=3,col=7,title=M001::100%25 wrong: a | b%0A<img src=x>\n',
  )
  const rows = readFileSync(file, 'utf8').trim().split('\n')
  expect(rows).toHaveLength(3)
  expect(rows[2]).toBe(
    '| error | M001 | matrix/a,b.yaml:3:7 | 100% wrong: a &#124; b &#60;img src=x&#62; |  |',
  )
})

test('elsewhere nothing is said', async () => {
  await tellGitHub([problem], {env: {}, err: text => expect(text).toBe('')})
})
