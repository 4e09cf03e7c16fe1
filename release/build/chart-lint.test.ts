import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {fail} from '#lib/diagnostics.ts'
import type {Exec} from '../lib/effects.ts'
import {chartProblems, helmLint} from './chart-lint.ts'
import {templateProblems} from './template-syntax.ts'

test.each([
  ['{{ if .a }}x{{ else if .b }}y{{ else }}z{{ end }}', []],
  ['{{- range $i, $v := .list -}}{{ printf "}} %s" $v }}{{- end }}', []],
  ['{{/* end }} of nothing */}}{{- /* more\n{{ if */ -}}', []],
  ['{{ `{{ raw\n}}` }}{{ \'"\' }}{{ "a \\" {{ b" }}', []],
  ['{{ define "a" }}\n{{ if x }}\n{{ end }}', ['1 `define` has no `end`']],
  ['a\n{{ end }}', ['2 `end` of nothing']],
  ['{{ else }}', ['1 `else` outside of a block']],
  ['a: {{ .Values.a }\nb: 1\n', ['1 `{{` is not closed']],
  ['a: {{ .Values.a }\nb: {{ .Values.b }}\n', ['1 an action begins within an action']],
  ['{{ include (printf "a" }}', ['1 a parenthesis is not closed']],
  ['{{ a) }}', ['1 a parenthesis is closed that is not open']],
  ['{{ "a }}\n', ['1 a string after " is not closed']],
  ['{{/* a }}', ['1 a comment is not closed']],
])('%s', (text, expected) => {
  expect(templateProblems(text).map(p => `${p.line} ${p.message}`)).toEqual(expected)
})

test('what a chart holds is judged by where it lies, all of it at once', () => {
  const files = [
    {path: 'c/templates/a.yaml', text: '{{ if }}'},
    {path: 'c/templates/NOTES.txt', text: '{{ end }}'},
    {path: 'c/values.yaml', text: 'a: 1\nb: [\n'},
    {path: 'c/values.schema.json', text: '{'},
    {path: 'c/crds/x.yaml', text: 'a: 1\n---\nb: "\n'},
    {path: 'c/files/words.txt', text: '{{ not a template'},
    {path: 'c/Chart.yaml', text: 'name: c\n'},
  ]
  const found = chartProblems('c', files)
  expect(found.map(d => [d.code, d.place?.file]).filter(([, f], i, all) => all[i - 1]?.[1] !== f)).toEqual([
    ['B012', 'c/templates/a.yaml'],
    ['B012', 'c/templates/NOTES.txt'],
    ['B013', 'c/values.yaml'],
    ['B013', 'c/values.schema.json'],
    ['B013', 'c/crds/x.yaml'],
  ])
  expect(found.find(d => d.place?.file === 'c/crds/x.yaml')?.place?.line).toBeGreaterThan(2)
})

test.each(['charts/mock-device', 'docs/examples/second-project/charts/greeter'])(
  '%s has no such problem',
  root => {
    const files = readdirSync(root, {recursive: true, withFileTypes: true})
      .filter(e => e.isFile())
      .map(e => join(e.parentPath, e.name))
    expect(files.length).toBeGreaterThan(2)
    expect(
      chartProblems(
        root,
        files.map(path => ({path, text: readFileSync(path, 'utf8')})),
      ),
    ).toEqual([])
  },
)

test('Helm is asked where it is there; its own words are told', async () => {
  const helm = (code: number, said = ''): Exec => ({
    run: async () => ({code, stdout: Buffer.from(said), stderr: Buffer.alloc(0)}),
  })
  expect(await helmLint('.', 'c', helm(0))).toBe('passed')
  const absent: Exec = {run: async () => fail({code: 'E020', message: 'helm is not there'}, 3)}
  expect(await helmLint('.', 'c', absent)).toBe('no helm')
  const bad = helm(1, '==> Linting c\n[INFO] icon\n[ERROR] templates/: parse error\n')
  await expect(helmLint('.', 'c', bad)).rejects.toThrow(/B014.*\[ERROR\] templates\/: parse error/s)
})
