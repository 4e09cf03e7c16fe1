import {expect, test} from 'vitest'
import {realMatrix} from '../build/testing.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import {codes} from './codes.ts'
import {type Facts, refusals} from './preflight.ts'

const sound = async (matrix?: Matrix): Promise<Facts> => ({
  matrix: matrix ?? (await realMatrix()),
  branch: 'main',
  changes: [],
  drift: [],
  written: {file: 'matrix/changes/0.2.0.yaml', draft: false},
  toolbox: 'committed',
  lacksToken: false,
})
const codesOf = (facts: Facts) => refusals(facts).map(d => d.code)

test('nothing stands in the way of the real matrix on its branch, or on none', async () => {
  const facts = await sound()
  expect(refusals(facts)).toEqual([])
  expect(refusals({...facts, branch: undefined})).toEqual([])
})

test('every reason is told at once, and explained', async () => {
  const matrix = structuredClone(await realMatrix())
  const row = matrix.components[matrix.product.component]?.versions.find(
    v => v.version === matrix.release?.version,
  )
  if (row) row.state = 'yanked'
  const found = codesOf({
    ...(await sound(matrix)),
    branch: 'feature',
    changes: ['a'],
    drift: ['b', 'c'],
    written: undefined,
    toolbox: 'overlay',
    lacksToken: true,
  })
  expect(found).toEqual(['L001', 'L002', 'L003', 'L005', 'L006', 'L007', 'L008'])
  expect(found.filter(code => !codes[code])).toEqual([])
})

test('an unedited draft, and a branch of other versions, are refused', async () => {
  const facts = await sound()
  expect(codesOf({...facts, written: {file: 'x', draft: true}})).toEqual(['L005'])
  const other = refusals({...facts, branch: 'release-0.1'})
  expect(other).toMatchObject([{code: 'L007', message: expect.stringContaining('>=0.1.0 <0.2.0')}])
})

test('a release that works with no version of a component is refused', async () => {
  const matrix = structuredClone(await realMatrix())
  for (const row of matrix.components.kubernetes?.versions ?? [])
    row.state = row.version === '1.29' ? 'supported' : 'eol'
  const versions = matrix.components.kubernetes?.versions ?? []
  const old = {...versions[0], version: '1.29', state: 'supported'} as (typeof versions)[number]
  if (matrix.components.kubernetes)
    matrix.components.kubernetes.versions = [...versions.filter(v => v.version !== '1.29'), old]
  expect(refusals(await sound(matrix))).toMatchObject([
    {code: 'L004', message: expect.stringContaining('kubernetes')},
  ])
})
