import {describe, expect, test} from 'vitest'
import {parseAllDocuments} from 'yaml'
import {smallComponents, smallImage} from '../build/testing.ts'
import {consumers, settings, valuesFor} from './settings.ts'

const input = {
  registry: 'ghcr.io/acme',
  copy: 'registry.test:5000/mirror/acme',
  chart: 'mock-device',
  components: [...smallComponents, smallImage],
}
const values = {
  draDriver: {image: {repository: 'registry.test:5000/mirror/acme/mock-driver'}},
  kernelModule: {image: {repository: 'registry.test:5000/mirror/acme/mock-accel-module'}},
}
type Patched = {resources: string[]; patches: {target: {kind: string}; patch: string}[]}
const read = (text: string) => parseAllDocuments(text).map(d => d.toJS())

test('every value of the chart that names a repository names the copy', () => {
  expect(valuesFor(input)).toEqual(values)
  expect(read(settings('helm', input))).toEqual([values])
})

test.each(['flux', 'argocd'] as const)('%s is patched to the copy’s chart and values', consumer => {
  const [{resources, patches} = {} as Patched] = read(settings(consumer, input)) as Patched[]
  expect(resources.every(path => path.startsWith('deploy/'))).toBe(true)
  const all = patches.map(({patch}) => patch).join('')
  expect(all).toContain('oci://registry.test:5000/mirror/acme/charts/mock-device')
  expect(all).not.toContain('ghcr.io')
  expect(JSON.stringify(patches.flatMap(({patch}) => read(patch)))).toContain(JSON.stringify(values))
})

describe('containerd', () => {
  test('is led to where the same path begins', () => {
    const text = settings('containerd', input)
    expect(text).toContain('[host."https://registry.test:5000/v2/mirror"]')
    expect(text).toContain('certs.d/ghcr.io/hosts.toml')
  })

  test('can’t be led to another path, which is said', () => {
    expect(() => settings('containerd', {...input, copy: 'registry.test/mirror'})).toThrow(/X005/)
  })
})

test('no settings lack a consumer', () => {
  for (const consumer of consumers) expect(settings(consumer, input)).toMatch(/^# /)
})
