import {describe, expect, test} from 'vitest'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {loadShape} from '../matrix/load.ts'
import {planUpgrade, type UpgradePlan} from '../upgrade/plan.ts'
import {matrixOf, platform, request} from '../upgrade/testing.ts'
import {checkFleet, fleetSchema, openWave, waveStates} from './fleet.ts'

const {plan} = planUpgrade(request(matrixOf(platform), {karpenter: '1.5.0..1.6.0', kubernetes: '1.33..1.34'}))
if (!plan) throw new Error('no plan')
const hops = (plan as UpgradePlan).hops.length

function fleet(text: string) {
  const {value, source, diagnostics} = loadShape(
    `apiVersion: lockstep/v1\nkind: Fleet\n${text}`,
    'fleet.yaml',
    fleetSchema,
  )
  if (!value) throw new DiagnosticError(diagnostics)
  checkFleet(value, source)
  return value
}

const two = fleet(`windows: ['Tue 22:00-04:00']
waves:
  - {name: canary, soak: 2d, clusters: [{name: c1, bindings: c1.yaml}]}
  - {name: rest, clusters: [{name: c2, bindings: c2.yaml}, {name: c3, bindings: c3.yaml}]}
`)
const day = 86_400_000
/** Tuesday, 2026-11-24, 23:00. */
const tuesday = Date.UTC(2026, 10, 24, 23)

const states = (done: Record<string, number>, since = tuesday - 3 * day) =>
  new Map(Object.entries(done).map(([name, n]) => [name, {name, standing: {done: n, parts: 0}, since}]))
const of = (done: Record<string, number>, now = tuesday, since?: number) =>
  waveStates(two, plan, states(done, since), now).map(({name, state, because}) => [name, state, because])

describe('each wave waits for the one before', () => {
  test('the canary begins; the rest waits for all of it', () => {
    expect(of({c1: 0, c2: 0, c3: 0})).toEqual([
      ['canary', 'open', undefined],
      ['rest', 'waits', 'wave canary is not over: c1'],
    ])
    expect(of({c1: hops - 1, c2: 0, c3: 0})[1]?.[1]).toBe('waits')
  })

  test('then it stands for its time, then the rest goes on, each cluster at its own hop', () => {
    expect(of({c1: hops, c2: 0, c3: 0}, tuesday, tuesday - day)[1]).toEqual([
      'rest',
      'waits',
      'wave canary has to stand for 2 days, until 2026-11-25T23:00:00Z',
    ])
    expect(of({c1: hops, c2: 0, c3: 1})[1]?.[1]).toBe('open')
    const [, rest] = waveStates(two, plan, states({c1: hops, c2: 0, c3: hops}), tuesday)
    expect(rest?.clusters.map(c => c.next)).toEqual([1, undefined])
    expect(of({c1: hops, c2: hops, c3: hops}).map(([, state]) => state)).toEqual(['done', 'done'])
  })

  test('outside of its windows nothing begins', () => {
    expect(of({c1: 0, c2: 0, c3: 0}, tuesday + 12 * 3_600_000)[0]).toEqual([
      'canary',
      'waits',
      'no window is open; the next one is Tue 22:00-04:00, from 2026-12-01T22:00:00Z on',
    ])
    expect(() => openWave(waveStates(two, plan, states({c1: 0}), tuesday + day))).toThrow('J131')
  })
})

test('a window that nobody understands is refused at its place', () => {
  expect(() =>
    fleet('windows: [sometimes]\nwaves: [{name: a, clusters: [{name: c, bindings: c.yaml}]}]\n'),
  ).toThrow('must be a window')
})

test('a cluster is in one wave', () => {
  expect(() =>
    fleet(`waves:
  - {name: a, clusters: [{name: c, bindings: c.yaml}]}
  - {name: b, clusters: [{name: c, bindings: c.yaml}]}
`),
  ).toThrow('J130')
})
