import {describe, expect, test} from 'vitest'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {composeMatrices} from './compose.ts'
import {loadMatrix} from './load.ts'
import type {Matrix} from './schema/index.ts'
import {minimal} from './testdata/minimal.ts'

function read(text: string): Matrix {
  const {value, diagnostics} = loadMatrix(text, 'matrix.yaml')
  if (!value) throw new DiagnosticError(diagnostics)
  return value
}

const fact = (id: string, text: string) =>
  `  - {id: ${id}, ${text}, level: supported, because: It says so., source: docs, asOf: 2026-11-21}\n`

const first = read(
  `${minimal}rules:\n${fact('window', "when: {kmm: 2.5.x}, requires: {kubernetes: '>=1.35'}")}${fact('same', "when: {kmm: 2.4.x}, requires: {kubernetes: '<=1.36'}")}`,
)

/** Another product on the same Kubernetes. */
const second = read(
  `${minimal.replace('id: example', 'id: other').replace('url: https://example.com/docs', 'url: https://other.example.com').replace('{version: 1.36}, {version: 1.37}', '{version: 1.36}, {version: 1.38}')}rules:\n${fact('window', "when: {kmm: 2.5.x}, requires: {kubernetes: '<=1.37'}")}${fact('cri', "when: {cri-o: '*'}, requires: {kubernetes: '>=1.35'}")}`,
)

const whole = composeMatrices(first, [{matrix: second}])

describe('two matrices that share a platform', () => {
  test('have one product and one list of its versions', () => {
    expect(whole.product.id).toBe('example')
    expect(whole.components.kubernetes?.versions.map(v => v.version)).toEqual([
      '1.34',
      '1.35',
      '1.36',
      '1.37',
      '1.38',
    ])
  })

  test('both rules of one name stay; what is the same is there once', () => {
    expect(whole.rules.map(r => r.id)).toEqual(['window', 'same', 'other.window', 'cri'])
    expect(composeMatrices(first, [{matrix: first}])).toEqual(first)
  })

  test('each fact still cites its own source', () => {
    const cited = (id: string) => whole.sources[whole.rules.find(r => r.id === id)?.source ?? '']?.url
    expect(cited('window')).toBe('https://example.com/docs')
    expect(cited('other.window')).toBe('https://other.example.com')
  })
})

describe('a transition', () => {
  const move = (title: string, product: string) =>
    read(
      `${minimal.replace('id: example', `id: ${product}`)}rules:\n${fact('window', `when: {kmm: 2.5.x}, requires: {kubernetes: '${title === 'one' ? '>=1.35' : '<=1.37'}'}`)}transitions:\n${fact(`${product}-kmm`, 'component: kmm, guards: [window], back: {procedure: go-back}')}procedures:\n  - {id: go-back, title: ${title}}\n`,
    )
  const [one, two] = [move('one', 'example'), move('two', 'other')]

  test('keeps to its own rules and its own way back when their ids change', () => {
    const {transitions, procedures} = composeMatrices(one, [{matrix: two}])
    const title = (id: string) => {
      const transition = transitions.find(t => t.id === id)
      return [procedures.find(p => p.id === transition?.back?.procedure)?.title, transition?.guards]
    }
    expect(title('example-kmm')).toEqual(['one', ['window']])
    expect(title('other-kmm')).toEqual(['two', ['other.window']])
  })

  test('brings its way back along, whosever procedure it is', () => {
    const none = {...one, components: {}, rules: [], transitions: [], procedures: []}
    const {transitions, procedures} = composeMatrices(none, [{matrix: two, components: ['kmm']}])
    expect([transitions.length, procedures.map(p => p.id)]).toEqual([1, ['go-back']])
  })
})

test('of what is taken in part, only rules whose components are all there come along', () => {
  const part = composeMatrices(first, [{matrix: second, components: ['kubernetes']}])
  expect(Object.keys(part.components)).toEqual(Object.keys(first.components))
  const none = {...first, components: {}, rules: []}
  expect(
    composeMatrices(none, [{matrix: second, components: ['kubernetes', 'kmm']}]).rules.map(r => r.id),
  ).toEqual(['window'])
})

test('versions that are ordered in two ways are no list', () => {
  const odd = read(
    minimal.replace(
      'containerd: {title: containerd, scheme: minor}',
      'containerd: {title: containerd, scheme: semver}',
    ),
  )
  expect(() => composeMatrices(first, [{matrix: odd}])).toThrow(
    expect.objectContaining({diagnostics: [expect.objectContaining({code: 'C083'})]}),
  )
})
