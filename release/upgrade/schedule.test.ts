import {expect, test} from 'vitest'
import {parseWindow, type Window} from '../lib/windows.ts'
import type {UpgradePlan} from './plan.ts'
import {schedulePlan} from './schedule.ts'

const hour = 3_600_000
const day = 24 * hour
const windows = (...texts: string[]): Window[] => texts.flatMap(text => parseWindow(text) ?? [])

type Part = {soak?: {min?: number; max?: number}; within?: number; lostAfter?: number}

/** A plan as far as a schedule reads it. */
const planOf = (...parts: Part[]) =>
  ({
    hops: parts.map(({soak, within, lostAfter}, i) => ({
      number: i + 1,
      ...(soak ? {soak} : {}),
      reversible: {...(within ? {within} : {}), ...(lostAfter ? {lostAfter} : {})},
    })),
  }) as unknown as UpgradePlan

// A Saturday.
const start = Date.parse('2026-11-21T12:00Z')

test('hops follow each other, after the soak of the one before', () => {
  const found = schedulePlan(planOf({soak: {min: 2 * hour}}, {}), {start, windows: [], hopTime: hour})
  expect(found).toEqual([
    {
      number: 1,
      begins: '2026-11-21T12:00Z',
      ends: '2026-11-21T13:00Z',
      soakedAt: '2026-11-21T15:00Z',
      problems: [],
    },
    {number: 2, begins: '2026-11-21T15:00Z', ends: '2026-11-21T16:00Z', problems: []},
  ])
})

test('a hop begins in a window only if it can end in it', () => {
  const found = schedulePlan(planOf({}, {}, {}), {
    start,
    windows: windows('Sat 22:00-01:00', 'Wed 20:00-20:30'),
    hopTime: 90 * 60_000,
  })
  expect(found.map(h => h.begins)).toEqual(['2026-11-21T22:00Z', '2026-11-21T23:30Z', '2026-11-28T22:00Z'])
  const [short] = schedulePlan(planOf({}), {start, windows: windows('Wed 20:00-20:30'), hopTime: hour})
  expect(short).toMatchObject({
    begins: '2026-11-25T20:00Z',
    problems: ['no window is as long as the hop is taken to last'],
  })
})

test('a way back ends by its time, or when the hop that closes it begins', () => {
  const found = schedulePlan(
    planOf({within: 7 * day, lostAfter: 3}, {within: 2 * hour}, {soak: {max: hour}}, {}),
    {
      start,
      windows: windows('Sat 20:00-24:00'),
      hopTime: 2 * hour,
    },
  )
  expect(found.map(h => h.undoUntil)).toEqual([
    '2026-11-28T20:00Z',
    '2026-11-22T02:00Z',
    undefined,
    undefined,
  ])
  expect(found[3]?.problems).toEqual([])
  const late = schedulePlan(planOf({soak: {max: hour}}, {}), {
    start,
    windows: windows('Sat 20:00-22:00'),
    hopTime: 2 * hour,
  })
  expect(late[1]?.problems).toEqual(['the hop before may soak until 2026-11-21T23:00Z at most'])
})
