import {readFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {loadMatrix} from '../matrix/load.ts'
import {minimal} from '../matrix/testdata/minimal.ts'
import type {Bundle} from '../trust/bundle.ts'
import {signatureStatement} from '../trust/statement.ts'
import {testSigner} from '../trust/testing.ts'
import {applyEvidence} from './apply.ts'
import {readRecord, recordFormat, type TestRecord} from './record.ts'
import {evidenceStatement, type RunSource, verifiedEvidence} from './statement.ts'

const commit = 'c'.repeat(40)
const source: RunSource = {
  product: 'example',
  version: '0.2.0',
  repository: 'https://example.com/repo',
  commit,
  builder: 'https://example.com/builder',
  run: 'https://example.com/runs/7',
}
const record = (proves: string[], versions: Record<string, string>): TestRecord['records'][number] => ({
  proves,
  test: 'a.test.ts: works',
  versions,
})
const run = (records: TestRecord['records'], more: Partial<TestRecord> = {}): TestRecord => ({
  apiVersion: recordFormat,
  name: 'e2e',
  commit,
  changed: false,
  finished: '2026-11-21T17:00:00Z',
  passed: 3,
  failed: 0,
  skipped: 1,
  records,
  ...more,
})
const codesOf = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics.map(d => d.code)
  }
  return []
}

const fact = "level: expected, because: Read., source: docs, asOf: '2026-01-01'"
const text = `${minimal}rules:
  # People's words stay.
  - {id: kube, requires: {kubernetes: '>=1.36'}, ${fact}} # and here
  - {id: kmm, when: {product: '>=0.2.0', kmm: '*'}, requires: {kmm: '>=2.5'}, ${fact}}
  - {id: old, when: {product: '<0.2.0', kmm: '*'}, requires: {kmm: '>=2.5'}, ${fact}}
  - {id: free, when: {containerd: '*'}, requires: {any: [{kmm: '*'}, {helm: '*'}]}, ${fact}}
  - {id: bad, when: {cri-o: '*'}, level: broken, because: Seen., source: docs, asOf: 2026-01-01}
`
const apply = async (records: TestRecord['records'], to = text) => {
  const {signer, verifier} = testSigner()
  const bundle = await signer.signStatement(evidenceStatement([run(records)], source))
  const evidence = await verifiedEvidence(bundle, 'e.json', verifier)
  const {value, diagnostics} = loadMatrix(to, 'm')
  if (!value) throw new DiagnosticError(diagnostics)
  return {evidence, ...applyEvidence(to, 'm', value, evidence)}
}

test('what records prove and cover is tested from then on, with the run as its source; the rest stays', async () => {
  const {
    text: after,
    outcomes,
    evidence,
  } = await apply([
    record(['kube', 'free'], {kubernetes: '1.36.4', containerd: '2.1.9', helm: '4.2.4'}),
    record(['free'], {containerd: '2.1.9', kmm: '2.4.0'}),
    record(['free'], {containerd: '2.1.9', kmm: '2.5.0'}),
    record(['kube'], {kubernetes: 'v1.37.1'}),
    record(['kmm', 'old', 'bad', 'gone'], {kmm: '2.5.0'}),
  ])
  expect(outcomes.map(o => [o.id, o.result])).toEqual([
    ['bad', 'broken'],
    ['free', 'raised'],
    ['gone', 'unknown'],
    ['kmm', 'raised'],
    ['kube', 'raised'],
    ['old', 'short'],
  ])
  const {value, diagnostics} = loadMatrix(after, 'm')
  expect(diagnostics).toEqual([])
  expect(value?.evidence).toMatchObject([
    {
      id: evidence.id,
      commit,
      signer: expect.stringContaining('SHA256:'),
      run: source.run,
      date: '2026-11-21',
    },
  ])
  const kube = value?.rules.find(r => r.id === 'kube')
  expect(kube).toMatchObject({level: 'tested', source: evidence.id, asOf: '2026-11-21', because: 'Read.'})
  expect(after).toContain("  # People's words stay.\n")
  expect(after).toContain('} # and here\n')
  const changed = text.split('\n').filter(line => !after.split('\n').includes(line))
  expect(changed.map(line => /id: (\w+)/.exec(line)?.[1])).toEqual(['kube', 'kmm', 'free'])
  if (value) expect(applyEvidence(after, 'm', value, evidence).text).toBe(after)
})

test('a range is tested when all of it that is supported was run, by one run or several', async () => {
  const one = await apply([record(['kube'], {kubernetes: '1.36.4'})])
  expect(one.outcomes).toEqual([
    {id: 'kube', result: 'short', from: 'expected', why: 'not run: kubernetes 1.37'},
  ])
  expect(loadMatrix(one.text, 'm').value?.rules[0]?.level).toBe('expected')
  const two = await apply([record(['kube'], {kubernetes: '1.37.1'})], one.text)
  expect(two.outcomes).toMatchObject([{id: 'kube', result: 'raised'}])
  expect(loadMatrix(two.text, 'm').diagnostics).toEqual([])
  const other = await apply([record(['kube'], {kubernetes: '1.35.1'})])
  expect(other.outcomes).toMatchObject([{result: 'short', why: 'no kubernetes >=1.36 was run'}])
})

test('a line of kernels needs one of its own', async () => {
  const real = readFileSync('matrix/mock-device.yaml', 'utf8')
  const {value} = loadMatrix(real, 'm')
  if (!value) throw new Error('the matrix is broken')
  const entry = {id: 'run-x', statement: `sha256:${'a'.repeat(64)}`, signer: 's', commit, date: '2026-11-21'}
  const kernel = (linux: string) => {
    const records = [record(['debian-13-amd64'], {linux})]
    const evidence = {...entry, product: 'mock-device', version: '0.2.0', records}
    return applyEvidence(real, 'm', value, evidence)
  }
  expect(kernel('6.12.99+deb13-cloud-amd64').outcomes).toMatchObject([{result: 'short'}])
  const good = kernel('6.12.99+deb13-amd64')
  expect(good.outcomes).toMatchObject([{result: 'raised'}])
  expect(loadMatrix(good.text, 'm').diagnostics.filter(d => d.severity === 'error')).toEqual([])
})

test('no evidence comes of runs that failed, of other sources, or of nothing', () => {
  const good = [record(['kube'], {kubernetes: '1.36.4'})]
  const state = (...runs: TestRecord[]) => codesOf(() => evidenceStatement(runs, source))
  expect(state(run(good), run([], {name: 'unit'}))).toEqual([])
  expect(state(run(good), run([], {failed: 1}))).toEqual(['H002'])
  expect(state(run(good, {changed: true}), run([], {commit: 'd'.repeat(40)}))).toEqual(['H003', 'H003'])
  expect(state(run([]))).toEqual(['H004'])
  expect(codesOf(() => readRecord(Buffer.from('{"apiVersion": "x"}'), 'r.json'))).toEqual(['H001'])
  expect(readRecord(Buffer.from(JSON.stringify(run(good))), 'r.json').records).toEqual(good)
})

test('a stranger, a change, another statement, another product: none of them is evidence', async () => {
  const {signer, verifier} = testSigner()
  const statement = evidenceStatement([run([record(['kube'], {kubernetes: '1.36.4'})])], source)
  const bundle = await signer.signStatement(statement)
  const code = (of: Bundle, by = verifier) =>
    verifiedEvidence(of, 'e.json', by).then(
      () => 'right',
      (error: DiagnosticError) => error.diagnostics[0]?.code,
    )
  expect(await code(bundle)).toBe('right')
  expect(await code(bundle, testSigner('other').verifier)).toBe('W013')
  const payload = Buffer.from(JSON.stringify(statement).replace('1.36.4', '1.37.1')).toString('base64')
  const {dsseEnvelope} = bundle
  if (!dsseEnvelope) throw new Error('no envelope')
  expect(await code({...bundle, dsseEnvelope: {...dsseEnvelope, payload}})).toBe('W011')
  expect(await code(await signer.signStatement(signatureStatement(`sha256:${'a'.repeat(64)}`)))).toBe('H010')
  const {value} = loadMatrix(text, 'm')
  const found = await verifiedEvidence(bundle, 'e.json', verifier)
  if (!value) throw new Error('not sound')
  expect(codesOf(() => applyEvidence(text, 'm', value, {...found, product: 'x'}))).toEqual(['H011'])
  expect(codesOf(() => applyEvidence(text, 'm', value, {...found, version: '9.0.0'}))).toEqual(['H011'])
})

test('a cell that says tested by itself is refused, whatever it cites', () => {
  const said = text.replace('level: expected', 'level: tested')
  expect(loadMatrix(said, 'm').diagnostics.map(d => d.code)).toEqual(['M145'])
})
