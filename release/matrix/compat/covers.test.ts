import {expect, test} from 'vitest'
import {loadMatrix} from '../load.ts'
import type {EvidenceRecord} from '../schema/evidence.ts'
import {minimal} from '../testdata/minimal.ts'
import {gapAt} from './covers.ts'

type Ran = {values?: Record<string, string>} & Record<string, string | Record<string, string>>

/** The gap of one rule after tests with these versions, in sources of 0.2.0. */
function gap(rule: string, ran: readonly Ran[], version = '0.2.0', matrixText = minimal): string | undefined {
  const text = `${matrixText}rules:\n  - {id: r, ${rule}, level: expected, because: Read., source: docs, asOf: '2026-01-01'}\n`
  const {value: matrix, diagnostics} = loadMatrix(text, 'm')
  if (!matrix) throw new Error(diagnostics.map(d => d.message).join('\n'))
  const records = ran.map(
    ({values, ...versions}): EvidenceRecord => ({
      proves: ['r'],
      test: 'a test',
      versions: versions as Record<string, string>,
      ...(values ? {values} : {}),
    }),
  )
  const run = {id: 'run', statement: '', signer: 's', version, commit: '', date: '2026-11-21', records}
  return gapAt(matrix, ['rules', 0], [run])
}

const alternatives = "when: {product: '>=0.2.0'}, requires: {any: [{containerd: '>=2.0'}, {cri-o: '>=1.30'}]}"

test('each alternative is tested by itself', () => {
  expect(gap(alternatives, [{containerd: '2.1.9'}])).toBe('no product >=0.2.0 with cri-o >=1.30 was run')
  expect(gap(alternatives, [{containerd: '2.1.9'}, {'cri-o': '1.29.1'}])).toContain('cri-o')
  expect(gap(alternatives, [{containerd: '2.1.9'}, {'cri-o': '1.34.0'}])).toBeUndefined()
  expect(gap(alternatives, [{containerd: '2.1.9'}, {'cri-o': '1.34.0'}], '0.1.0')).toContain('product')
})

test('versions count in combination, not each for itself', () => {
  const rule = "when: {kubernetes: '>=1.36'}, requires: {kmm: '*'}"
  const both = [
    {kubernetes: '1.36.4', kmm: '2.4.0'},
    {kubernetes: '1.37.0', kmm: '2.5.0'},
  ]
  expect(gap(rule, both)).toBe('not run: kubernetes 1.36 with kmm 2.5.0; kubernetes 1.37 with kmm 2.4.0')
  const rest = [
    {kubernetes: '1.36.1', kmm: '2.5.0'},
    {kubernetes: '1.37.2', kmm: '2.4.0'},
  ]
  expect(gap(rule, [...both, ...rest])).toBeUndefined()
})

test('values count when the test has told them; a default is no word of the test', () => {
  const rule = "when: {values: {kmm.enabled: true}}, requires: {kmm: '>=2.5'}"
  expect(gap(rule, [{kmm: '2.5.0'}])).toBe('no kmm >=2.5 with kmm.enabled=true was run')
  expect(gap(rule, [{kmm: '2.5.0', values: {'kmm.enabled': 'false'}}])).toContain('was run')
  expect(gap(rule, [{kmm: '2.5.0', values: {'kmm.enabled': 'true'}}])).toBeUndefined()
  // The default is false, which a test without a word of it may or may not have had.
  expect(gap("when: {values: {kmm.enabled: false}}, requires: {kmm: '>=2.5'}", [{kmm: '2.5.0'}])).toContain(
    'kmm.enabled=false',
  )
})

test('a skew is tested with every pair within it', () => {
  const listed = minimal.replace(
    'kubelet: {title: kubelet, scheme: minor,',
    'kubelet: {title: kubelet, scheme: minor, versions: [{version: 1.36}, {version: 1.37}],',
  )
  const rule = 'requires: {skew: {of: kubelet, to: kubernetes, min: -1, max: 0}}'
  const ran = [
    {kubelet: '1.36.0', kubernetes: '1.36.4'},
    {kubelet: '1.37.0', kubernetes: '1.37.1'},
  ]
  expect(gap(rule, ran, '0.2.0', listed)).toBe('not run: kubelet 1.36 with kubernetes 1.37')
  const all = [...ran, {kubelet: '1.36.0', kubernetes: '1.37.1'}]
  expect(gap(rule, all, '0.2.0', listed)).toBeUndefined()
  // Outside of it nothing was shown.
  expect(gap(rule, [{kubelet: '1.37.0', kubernetes: '1.36.0'}], '0.2.0', listed)).toContain('was run')
  expect(gap(rule, all)).toBe('the matrix lists no supported kubelet to tell the pairs of the skew by')
})

test('what a rule leaves out needs no test, and a test of it shows nothing', () => {
  const rule = "requires: {kubernetes: '>=1.35', not: {kubernetes: 1.36}}"
  expect(gap(rule, [{kubernetes: '1.36.0'}])).toContain('was run')
  expect(gap(rule, [{kubernetes: '1.35.0'}])).toBe('not run: kubernetes 1.37')
  expect(gap(rule, [{kubernetes: '1.35.0'}, {kubernetes: '1.37.0'}])).toBeUndefined()
})

test('an alternative that cannot be needs no test', () => {
  const rule = "when: {kmm: '>=2.5'}, requires: {any: [{kmm: '<2.5'}, {helm: '*'}]}"
  expect(gap(rule, [{kmm: '2.5.0', helm: '4.2.4'}])).toBeUndefined()
})
