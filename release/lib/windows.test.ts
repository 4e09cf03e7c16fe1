import {expect, test} from 'vitest'
import {openingAt, parseWindow, type Window} from './windows.ts'

function window(text: string): Window {
  const parsed = parseWindow(text)
  if (!parsed) throw new Error(text)
  return parsed
}

const opening = (text: string, at: string) => {
  const found = openingAt([window(text)], Date.parse(at))
  return found && [found.from, found.to].map(ms => new Date(ms).toISOString().slice(0, 16))
}

test('an open window is the one that holds the instant, else the next', () => {
  // 2026-11-21 is a Saturday.
  expect(opening('Sat 22:00-04:00', '2026-11-21T12:00Z')).toEqual(['2026-11-21T22:00', '2026-11-22T04:00'])
  expect(opening('Sat 22:00-04:00', '2026-11-22T03:59Z')).toEqual(['2026-11-21T22:00', '2026-11-22T04:00'])
  expect(opening('Sat 22:00-04:00', '2026-11-22T04:00Z')).toEqual(['2026-11-28T22:00', '2026-11-29T04:00'])
  expect(opening('Mon-Fri 08:00-09:00', '2026-11-21T12:00Z')).toEqual([
    '2026-11-23T08:00',
    '2026-11-23T09:00',
  ])
  expect(opening('Fri-Mon 00:00-24:00', '2026-11-24T12:00Z')).toEqual([
    '2026-11-27T00:00',
    '2026-11-28T00:00',
  ])
  expect(opening('* 01:00-02:00', '2026-11-21T12:00Z')).toEqual(['2026-11-22T01:00', '2026-11-22T02:00'])
})

test('of several the one that opens first, and of those the one that stays open longest', () => {
  const found = openingAt(
    [window('Sun 10:00-12:00'), window('Sat 20:00-21:00'), window('Sat 20:00-23:00')],
    Date.parse('2026-11-21T12:00Z'),
  )
  expect(found?.window.text).toBe('Sat 20:00-23:00')
  expect(openingAt([], 0)).toBeUndefined()
})

test('a window is by the clocks of its zone, also where they change', () => {
  expect(opening('Sat 22:00-04:00 Europe/Berlin', '2026-11-21T12:00Z')).toEqual([
    '2026-11-21T21:00',
    '2026-11-22T03:00',
  ])
  // Clocks go back on 2026-10-25 at 03:00 and forward on 2026-03-29 at 02:00.
  expect(opening('Sat 22:00-04:00 Europe/Berlin', '2026-10-24T12:00Z')).toEqual([
    '2026-10-24T20:00',
    '2026-10-25T03:00',
  ])
  expect(opening('Sun 02:30-05:00 Europe/Berlin', '2026-03-28T12:00Z')).toEqual([
    '2026-03-29T01:30',
    '2026-03-29T03:00',
  ])
  // The day is that of the zone: Saturday in Auckland begins on Friday in UTC.
  expect(opening('Sat 01:00-02:00 Pacific/Auckland', '2026-11-20T00:00Z')).toEqual([
    '2026-11-20T12:00',
    '2026-11-20T13:00',
  ])
})

test.each([
  'Sat',
  'Sat 22:00',
  'Sab 22:00-23:00',
  'Mon-Wed-Fri 22:00-23:00',
  'Sat 25:00-26:00',
  'Sat 22:00-23:60',
  'Sat 22:00-23:00 Mars/Olympus',
])('%s is none', text => {
  expect(parseWindow(text)).toBeUndefined()
})
