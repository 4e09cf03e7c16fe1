// biome-ignore-all lint/suspicious/noTemplateCurlyInString: KMM's own variables are written so
import {Ajv} from 'ajv'
import {describe, expect, test} from 'vitest'
import {parse} from 'yaml'
import {isGenerated} from '../mark.ts'
import {chartFiles} from './index.ts'
import {schemaOf, valuesTable, valuesText} from './render-spec.ts'
import {defaults, group, leaf, leaves} from './spec.ts'
import {sampleData} from './testing.ts'
import {chartValues} from './values.ts'

const files = new Map(chartFiles(sampleData).map(f => [f.path.replace('charts/mock-device/', ''), f.text]))
const text = (path: string): string => files.get(path) ?? ''

test('these files are generated, and each says so', () => {
  expect([...files.keys()].sort()).toEqual([
    'Chart.yaml',
    'README.md',
    'docs/reference/chart-values.md',
    'files/dockerfiles/fedora-43.Dockerfile',
    'files/policies/claim-config.yaml',
    'files/policies/own-slices.yaml',
    'values.schema.json',
    'values.yaml',
  ])
  for (const [path, content] of files) expect(isGenerated(content), path).toBe(true)
})

test('Chart.yaml: one version, and the release date in place of a clock', () => {
  const chart = parse(text('Chart.yaml'))
  expect(chart).toMatchObject({
    apiVersion: 'v2',
    name: 'mock-device',
    version: '9.8.7',
    appVersion: '9.8.7',
    kubeVersion: '>=1.34.0-0',
    annotations: {'org.opencontainers.image.created': '2026-03-04T00:00:00Z'},
  })
})

describe('values', () => {
  const root = chartValues(sampleData)

  test('values.yaml holds exactly the described defaults, each explained above it', () => {
    expect(parse(text('values.yaml'))).toEqual(defaults(root))
    const lines = text('values.yaml').split('\n')
    for (const {path} of leaves(root)) {
      const key = path.split('.').at(-1)
      const at = lines.findIndex(line => line.trimStart().startsWith(`${key}:`))
      expect(lines[at - 1], path).toMatch(/^\s*# /)
    }
  })

  test('mappings keep the order of the matrix', () => {
    expect(parse(text('values.yaml')).kernelModule.kernelMappings).toEqual(sampleData.mappings)
  })

  const ajv = new Ajv({strict: false, allErrors: true})
  const validate = ajv.compile(JSON.parse(text('values.schema.json')))

  test('the schema takes the defaults', () => {
    expect(validate(parse(text('values.yaml'))), ajv.errorsText(validate.errors)).toBe(true)
  })

  const mapping = (entry: object) => ({kernelModule: {extraKernelMappings: [entry]}})
  test.each([
    ['a key that is not there', {kernelModule: {enable: true}}],
    ['text for a switch', {kernelModule: {enabled: 'yes'}}],
    ['literal and regexp', mapping({literal: 'a', regexp: 'b', tag: 'c'})],
    ['neither', mapping({tag: 'c'})],
    ['no image', mapping({literal: 'a'})],
    ['two images', mapping({literal: 'a', tag: 'c', containerImage: 'r/x:y'})],
    ['an image without tag', mapping({literal: 'a', containerImage: 'registry.test:5000/x'})],
    ['a tag with +', mapping({literal: 'a', tag: 'v1+deb'})],
    ['a half digest', mapping({literal: 'a', digest: 'sha256:abc'})],
    ['a repository with a tag', {kernelModule: {image: {repository: 'registry.test/x:y'}}}],
    ['a driver’s key that is not there', {draDriver: {kubeletDir: '/x'}}],
    ['half an earlier key', {draDriver: {controller: {images: {}}}}],
    ['a relative folder', {draDriver: {kubeletRoot: 'var/lib/kubelet'}}],
    ['a class without words', {deviceClasses: {mine: {cel: 'true'}}}],
    ['a pull policy that is none', {kernelModule: {image: {pullPolicy: 'Sometimes'}}}],
  ])('the schema refuses %s', (_, values) => {
    expect(validate(values)).toBe(false)
  })

  test.each([
    ['a literal with a tag', mapping({literal: '6.12.1+deb13-amd64', tag: 'v1-${KERNEL_FULL_VERSION}'})],
    ['an image by digest', mapping({regexp: '^x$', containerImage: `r/x@sha256:${'0'.repeat(64)}`})],
    ['a registry with a port', {kernelModule: {image: {repository: 'registry.test:5000/a/b-c'}}}],
    ['the earlier chart’s values', {draDriver: {controller: {rescanInterval: '30s', verbosity: 5}}}],
    [
      'an earlier list of DeviceClasses',
      {deviceClasses: [{name: 'a', enabled: true, selector: {cel: 'true'}}]},
    ],
    ['another DeviceClass', {deviceClasses: {mine: {selector: {cel: 'true'}}}}],
  ])('the schema takes %s', (_, values) => {
    expect(validate(values), ajv.errorsText(validate.errors)).toBe(true)
  })
})

describe('a description of values', () => {
  const root = group('Top.', {
    a: leaf('First `word`.', 1),
    b: group('Group.', {c: leaf('Long '.repeat(30).trim(), ['x | y'])}),
  })

  test('becomes YAML with wrapped comments', () => {
    const yaml = valuesText(root)
    expect(parse(yaml)).toEqual({a: 1, b: {c: ['x | y']}})
    for (const line of yaml.split('\n')) expect(line.length).toBeLessThanOrEqual(100)
  })

  test('becomes a schema that takes no other keys', () => {
    expect(schemaOf(root)).toMatchObject({
      additionalProperties: false,
      properties: {a: {type: 'number', description: 'First word.'}},
    })
  })

  test('becomes a table', () => {
    expect(valuesTable(root).split('\n').slice(2)).toEqual([
      '| `a` | `1` | First `word`. |',
      `| \`b.c\` | \`["x \\| y"]\` | ${'Long '.repeat(30).trim()} |`,
    ])
  })
})
