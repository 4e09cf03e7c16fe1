import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {editField} from './edit.ts'
import {documentOf, readField} from './field.ts'

const code = (edit: () => string) => {
  try {
    return edit()
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    return error.diagnostics[0]?.code
  }
}

describe('what stands around the version stays', () => {
  const cases: [
    name: string,
    file: string,
    path: string,
    from: string,
    to: string,
    before: string,
    after: string,
  ][] = [
    [
      'a comment and odd spaces',
      'app.yaml',
      'spec.version',
      '1.7.4',
      '1.8.4',
      'spec:   # ours\n    version:   v1.7.4   # not v1.7.4\n',
      'spec:   # ours\n    version:   v1.8.4   # not v1.7.4\n',
    ],
    ['quotes', 'app.yaml', 'v', '1.29', '1.30', "v: '1.29'\n", "v: '1.30'\n"],
    [
      'a number that would become shorter',
      'app.yaml',
      'v',
      '1.29',
      '1.30',
      'v: 1.29 # k8s\n',
      'v: "1.30" # k8s\n',
    ],
    [
      'flow style in a list',
      'k.yaml',
      'images[1].newTag',
      '2.0.0',
      '2.1.0',
      'images: [{name: a, newTag: 2.0.0}, {name: b, newTag: 2.0.0}]\n',
      'images: [{name: a, newTag: 2.0.0}, {name: b, newTag: 2.1.0}]\n',
    ],
    [
      'an image with its repository',
      'd.yaml',
      'image',
      '2.9.2',
      '3.17.2',
      'image: ghcr.io/mlflow/mlflow:v2.9.2\n',
      'image: ghcr.io/mlflow/mlflow:v3.17.2\n',
    ],
    ['JSON', 'v.json', 'a.b', '1.0.0', '2.0.0', '{"a":\t{"b":"1.0.0"}}', '{"a":\t{"b":"2.0.0"}}'],
    [
      'lines that end as on Windows',
      'w.yaml',
      'a.b',
      '1.0.0',
      '2.0.0',
      'a:\r\n  b: "1.0.0"\r\nc: d\r\n',
      'a:\r\n  b: "2.0.0"\r\nc: d\r\n',
    ],
    [
      'Terraform',
      'terraform.tfvars',
      'cluster_version',
      '1.34',
      '1.35',
      '# prod\ncluster_version   = "1.34" # eks\n',
      '# prod\ncluster_version   = "1.35" # eks\n',
    ],
    [
      'a constraint of Terraform',
      'versions.tf',
      'terraform.required_providers.aws.version',
      '5.100.0',
      '6.0.0',
      'aws = {\n  version = "~> 5.100.0"\n}\n',
      'aws = {\n  version = "~> 6.0.0"\n}\n',
    ],
  ]
  test.each(cases)('%s', (_, file, path, from, to, before, after) => {
    expect(editField(before, file, path, from, to)).toBe(after)
  })

  test('there and back is where it was, whatever stands around', () => {
    const word = fc.stringMatching(/^[a-z]{1,8}$/)
    fc.assert(
      fc.property(
        fc.array(fc.tuple(word, word), {maxLength: 4}),
        fc.constantFrom('', "'", '"'),
        (others, quote) => {
          const lines = others.map(([key, value], i) => `${key}${i}:  ${value} # 1.0.0\n`).join('')
          const before = `${lines}version: ${quote}v1.0.0${quote}\n${lines.replaceAll(':', '_:')}`
          const after = editField(before, 'f.yaml', 'version', '1.0.0', '2.0.0')
          expect(readField(after, 'f.yaml', 'version').value).toBe('v2.0.0')
          expect(editField(after, 'f.yaml', 'version', '2.0.0', '1.0.0')).toBe(before)
        },
      ),
    )
  })
})

describe('a file of several documents', () => {
  const text = `# Ours
---
kind: HelmRelease # first
metadata: {name: one}
spec: {version: 1.0.0, only: 5.0.0}
---

kind: HelmRelease
metadata: {name: two}
spec:
  version:  v1.0.0 # not v1.0.0
--- # nothing
---
- kind: List
...
`
  const edited = (path: string, from = '1.0.0') => editField(text, 'apps.yaml', path, from, '2.0.0')

  test('what is told apart is read and edited, and nothing else', () => {
    const second = text.replace('  version:  v1.0.0', '  version:  v2.0.0')
    expect(edited('[metadata.name=two].spec.version')).toBe(second)
    expect(edited('[1].spec.version')).toBe(second)
    expect(edited('[0].spec.version')).toBe(text.replace('{version: 1.0.0', '{version: 2.0.0'))
    // Only one has it.
    expect(edited('spec.only', '5.0.0')).toBe(text.replace('5.0.0', '2.0.0'))
    expect(readField(text, 'apps.yaml', '[metadata.name=two].spec.version')).toMatchObject({
      value: 'v1.0.0',
      place: {file: 'apps.yaml', line: 11, col: 13},
    })
    const windows = text.replaceAll('\n', '\r\n')
    expect(editField(windows, 'apps.yaml', '[1].spec.version', '1.0.0', '2.0.0')).toBe(
      second.replaceAll('\n', '\r\n'),
    )
    expect(documentOf(text, 'apps.yaml', '[1].spec.version').trim()).toMatch(
      /^---\s+kind: HelmRelease\nmetadata: \{name: two\}/,
    )
  })

  test('what is not is refused, with how to tell', () => {
    expect(() => edited('spec.version')).toThrow(/J021/)
    expect(code(() => edited('[kind=HelmRelease].spec.version'))).toBe('J021')
    expect(code(() => edited('[metadata.name=three].spec.version'))).toBe('J020')
    expect(code(() => edited('spec.absent'))).toBe('J020')
    expect(code(() => editField('a: [\n---\nb: 1.0.0\n', 'f.yaml', 'b', '1.0.0', '2.0.0'))).toBe('Y003')
  })

  test('a list at the top of one document is a list', () => {
    expect(editField('# one\n---\n- v: 1.0.0\n', 'f.yaml', '[0].v', '1.0.0', '2.0.0')).toBe(
      '# one\n---\n- v: 2.0.0\n',
    )
  })
})

test('what cannot be edited soundly is refused', () => {
  const edit = (text: string, path = 'v') => code(() => editField(text, 'f.yaml', path, '1.0.0', '2.0.0'))
  expect(edit('v: 1.0.1\n')).toBe('J024')
  expect(edit('v: 1.0.0-rc.1\n')).toBe('J024')
  expect(edit('v: 1.0.0 to 1.0.0\n')).toBe('J024')
  expect(edit(`v: app:1.0.0@sha256:${'0'.repeat(64)}\n`)).toBe('J025')
  expect(edit('a: &x 1.0.0\nv: *x\n')).toBe('J025')
  expect(edit('v: |\n  1.0.0\n')).toBe('J025')
  expect(edit('w: 1.0.0\n')).toBe('J020')
})
