import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import fc from 'fast-check'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {openToolbox} from '#release/effects/toolbox/toolbox.ts'
import {parseRegexp} from './re2-syntax.ts'
import {takes} from './shadow.ts'

// KMM matches with Go's own regexp package, so Go is the judge here; the unit tests ask re2js.
const judge = `package main

import (
	"encoding/json"
	"os"
	"regexp"
)

func main() {
	var cases []struct {
		Regexp string
		Names  []string
	}
	data, _ := os.ReadFile("cases.json")
	if err := json.Unmarshal(data, &cases); err != nil {
		panic(err)
	}
	answers := make([][]bool, len(cases))
	for i, c := range cases {
		compiled, err := regexp.Compile(c.Regexp)
		if err != nil {
			continue
		}
		answers[i] = []bool{}
		for _, name := range c.Names {
			answers[i] = append(answers[i], compiled.MatchString(name))
		}
	}
	json.NewEncoder(os.Stdout).Encode(answers)
}
`

const piece = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'k',
    '1',
    '.',
    '-',
    '[ab]',
    '[^a]',
    '\\d',
    '\\.',
    '\\b',
    '\\B',
    '^',
    '$',
    '\\A',
    '\\z',
  ),
  fc.constantFrom(
    '[[:alpha:]]',
    '[^[:^alpha:]]',
    '\\pL',
    '\\P{Lu}',
    '[\\w.]',
    '\\x61',
    '\\Qa.\\E',
    '\u212a',
    '\\x{17f}',
    '[^\\x{17f}]',
  ),
  fc.constantFrom(
    '(?i)',
    '(?-i)',
    '(?m)',
    '(?s)',
    '(?i:',
    '(?:',
    '(?P<n>',
    '(',
    ')',
    '|',
    '|',
    ')',
    '(?',
    '(?=',
    '(?<!',
  ),
  fc.constantFrom(
    '*',
    '+',
    '?',
    '*?',
    '{2}',
    '{0,2}',
    '{2,}',
    '{2,1}',
    '{01}',
    '{,2}',
    '{600}',
    '{1001}',
    '[',
    ']',
    '[^',
    '[[:',
    ':]',
    '\\',
    '{',
    '}',
  ),
  fc.constantFrom(
    '\\1',
    '\\07',
    '\\8',
    '\\C',
    '\\Z',
    '\\_',
    '\\E',
    '\\pZ',
    '\\p{Greek}',
    '\\x{',
    '\\p{',
    ',',
  ),
)
// Go takes one group name twice; we, like RE2 itself, do not.
const regexp = fc
  .array(piece, {maxLength: 9})
  .map(pieces => pieces.join(''))
  .filter(text => text.split('?P<n>').length < 3)
const unit = fc.constantFrom('a', 'b', 'A', 'k', 'S', '1', '.', '-', '_', '+')
const name = fc.string({unit, minLength: 1, maxLength: 6})

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'regexp-'))
})
afterAll(() => rm(folder, {recursive: true, force: true}))

test('expressions are refused and matched as Go does', async () => {
  const cases = fc
    .sample(fc.tuple(regexp, fc.array(name, {minLength: 4, maxLength: 8})), 20_000)
    .map(([text, names]) => ({regexp: text, names}))
  await writeFile(join(folder, 'main.go'), judge)
  await writeFile(join(folder, 'cases.json'), JSON.stringify(cases))
  const toolbox = await openToolbox()
  const {code, stdout, stderr} = await toolbox.run(['/usr/lib/go-1.26/bin/go', 'run', 'main.go'], {
    cwd: '/build/judge',
    binds: [{from: folder, to: '/build/judge', readonly: true}],
    env: {GOCACHE: '/tmp/go', GOTOOLCHAIN: 'local', GO111MODULE: 'off'},
  })
  expect(code, stderr.toString()).toBe(0)
  const answers: (boolean[] | null)[] = JSON.parse(stdout.toString())
  const ours = cases.map(c => (parseRegexp(c.regexp).refused ? null : c.names.map(n => takes(c.regexp, n))))
  const wrong = cases
    .map((c, i) => ({...c, ours: ours[i], go: answers[i]}))
    .filter(c => String(c.ours) !== String(c.go))
  expect(wrong).toEqual([])
  // Otherwise all expressions might have been refused by both.
  expect(answers.filter(a => a?.includes(true) && a.includes(false)).length).toBeGreaterThan(500)
})
