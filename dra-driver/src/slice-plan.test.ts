import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {dra} from '#lib/generated/device.ts'
import type {ResourceSlice} from './kube-types.ts'
import {type Publication, planSlices, sliceName} from './slice-plan.ts'
import {buildPools} from './slices.ts'
import {device} from './testing.ts'

const publication = (count: number, more: Partial<Publication> = {}): Publication => ({
  driver: dra.driver,
  node: 'node1',
  pools: buildPools(
    Array.from({length: count}, (_, i) => device(`mock${i}`)),
    {node: 'node1'},
  ),
  ...more,
})

/** What the server has after a plan. */
function applied(current: readonly ResourceSlice[], wanted: Publication): ResourceSlice[] {
  const {deletes, updates, creates} = planSlices(wanted, current)
  const gone = new Set([...deletes, ...updates].map(slice => slice.metadata.name))
  const stored = (slice: ResourceSlice) => ({
    ...slice,
    metadata: {...slice.metadata, uid: slice.metadata.uid ?? 'u', resourceVersion: '1'},
  })
  return [...current.filter(slice => !gone.has(slice.metadata.name)), ...[...updates, ...creates].map(stored)]
}
const generations = (slices: readonly ResourceSlice[]) => slices.map(slice => slice.spec.pool.generation)

describe('a plan', () => {
  test('creates what is not there, as one generation', () => {
    const {deletes, updates, creates} = planSlices(publication(130), [])
    expect([deletes, updates]).toEqual([[], []])
    expect(generations(creates)).toEqual([1, 1])
    expect(creates.map(slice => slice.spec.pool.resourceSliceCount)).toEqual([2, 2])
  })

  test('is empty when all is well', () => {
    const now = applied([], publication(130))
    expect(planSlices(publication(130), now)).toEqual({deletes: [], updates: [], creates: []})
  })

  test('keeps the generation where a single slice changes', () => {
    const [first, second] = applied([], publication(130)) as [ResourceSlice, ResourceSlice]
    const edited = {...second, spec: {...second.spec, devices: []}}
    const plan = planSlices(publication(130), [first, edited])
    expect([plan.updates.length, generations(plan.updates)]).toEqual([1, [1]])
  })

  test('renews the whole pool when slices come, go, or several change', () => {
    const now = applied([], publication(130))
    for (const [count, slices] of [
      [300, 3],
      [5, 1],
    ] as const)
      expect(generations(applied(now, publication(count)))).toEqual(Array(slices).fill(2))
    const edited = now.map(slice => ({...slice, spec: {...slice.spec, devices: []}}))
    expect(generations(applied(edited, publication(130)))).toEqual([2, 2])
    expect(generations(applied(now.slice(1), publication(130)))).toEqual([2, 2])
  })

  test('removes pools that are not wanted, with their preconditions', () => {
    const [stale] = applied([], publication(0))
    const plan = planSlices(publication(1), stale ? [stale] : [])
    expect(plan.deletes).toEqual([stale])
    expect(plan.deletes[0]?.metadata).toMatchObject({uid: 'u', resourceVersion: '1'})
  })

  test("leaves others' labels and annotations alone, and puts its own back", () => {
    const [now] = applied([], publication(1)) as [ResourceSlice]
    const labelled = {...now, metadata: {...now.metadata, labels: {...now.metadata.labels, theirs: 'yes'}}}
    expect(planSlices(publication(1), [labelled]).updates).toEqual([])
    const stripped = {...now, metadata: {...now.metadata, labels: {theirs: 'yes'}}}
    expect(planSlices(publication(1), [stripped]).updates[0]?.metadata.labels).toEqual({
      theirs: 'yes',
      driver: dra.driver,
      node: 'node1',
    })
  })

  test("keeps the server's time of a taint, and does not take it for an edit", () => {
    const failed = (...more: string[]) =>
      publication(0, {
        pools: buildPools([device('mock0', {health: 'failed'}), ...more.map(name => device(name))], {
          node: 'node1',
        }),
      })
    const [now] = structuredClone(applied([], failed())) as [ResourceSlice]
    const taint = now.spec.devices?.[0]?.taints?.[0]
    if (taint) taint.timeAdded = '2026-01-01T00:00:00Z'
    expect(planSlices(failed(), [now]).updates).toEqual([])
    const [update] = planSlices(failed('mock1'), [now]).updates
    expect(update?.spec.devices?.[0]?.taints).toEqual([taint])
    expect(planSlices(publication(1), [now]).updates[0]?.spec.devices?.[0]?.taints).toBeUndefined()
  })

  test('adds an owner that was not known before', () => {
    const owner = {apiVersion: 'v1', kind: 'Node', name: 'node1', uid: 'n', controller: true}
    const now = applied([], publication(1))
    expect(planSlices(publication(1, {owner}), now).updates[0]?.metadata.ownerReferences).toEqual([owner])
  })

  test('from any state leads to the wanted one, in one generation above all others, and then rests', () => {
    const state = fc.array(fc.record({count: fc.nat(300), kept: fc.array(fc.boolean(), {maxLength: 4})}), {
      maxLength: 4,
    })
    fc.assert(
      fc.property(state, fc.nat(300), (history, count) => {
        let now: ResourceSlice[] = []
        for (const step of history)
          now = applied(now, publication(step.count)).filter((_, i) => step.kept[i] ?? true)
        const before = Math.max(0, ...generations(now))
        const after = applied(now, publication(count))
        expect(planSlices(publication(count), after)).toEqual({deletes: [], updates: [], creates: []})
        expect(new Set(generations(after)).size).toBe(1)
        expect(after).toHaveLength(after[0]?.spec.pool.resourceSliceCount ?? -1)
        expect(Math.min(...generations(after))).toBeGreaterThanOrEqual(
          after[0]?.spec.pool.name === now[0]?.spec.pool.name ? before : 1,
        )
      }),
    )
  })
})

test("names are the API's, sort by index, and differ by pool", () => {
  const long = sliceName('d'.repeat(63), `${'n'.repeat(62)}.`.repeat(4).slice(0, 252), 'p', 3)
  expect(long.length).toBeLessThanOrEqual(253)
  expect(long).toMatch(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])$/)
  const names = [0, 9, 10, 100].map(i => sliceName(dra.driver, 'node1', 'node1/numa0', i))
  expect([...names].sort()).toEqual(names)
  expect(sliceName('d', 'n', 'n/numa0', 0)).not.toBe(sliceName('d', 'n', 'n/numa1', 0))
})
