import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {
  emptyCheckpoint,
  isLate,
  parseCheckpoint,
  renderCheckpoint,
  withClaim,
  withoutClaim,
} from './checkpoint.ts'

const entry = {
  namespace: 'default',
  name: 'a',
  bootId: 'boot',
  devices: [{device: 'mock0', pool: 'p', request: 'r'}],
}

describe('the checkpoint', () => {
  test('is read as it was written', () => {
    const checkpoint = withoutClaim(withClaim(emptyCheckpoint(), 'one', entry), 'two')
    expect(parseCheckpoint(renderCheckpoint(checkpoint))).toEqual(checkpoint)
  })

  test('of a newer driver is read, and what it added is kept', () => {
    const newer = {
      version: 7,
      minReader: 1,
      serial: 3,
      shiny: {new: true},
      claims: {one: {...entry, config: {words: 4}, devices: [{...entry.devices[0], slot: 9}]}},
      tombstones: [],
    }
    const read = parseCheckpoint(JSON.stringify(newer))
    expect(JSON.parse(renderCheckpoint(withClaim(read, 'two', entry)))).toEqual({
      ...newer,
      claims: {...newer.claims, two: entry},
    })
  })

  test('that needs a newer reader is refused', () => {
    expect(() => parseCheckpoint('{"version": 2, "minReader": 2, "claims": {}}')).toThrow('version 2')
    expect(() => parseCheckpoint('{"version": 2, "claims": {}}')).toThrow('version 2')
  })

  test('that lacks what an older driver did not write is completed', () => {
    expect(parseCheckpoint('{"version": 1, "claims": {}}')).toEqual(emptyCheckpoint())
  })

  test('that is anything else is refused with an Error, and never read as something', () => {
    const bad = [
      '',
      '{',
      'null',
      '[]',
      '{}',
      '{"version": 1}',
      '{"version": 1, "claims": {"a": {"devices": [1]}}}',
    ]
    for (const text of bad) expect(() => parseCheckpoint(text), text).toThrow(Error)
    const whole = renderCheckpoint(withClaim(emptyCheckpoint(), 'one', entry))
    for (let end = 0; end < whole.length - 1; end++)
      expect(() => parseCheckpoint(whole.slice(0, end)), `cut at ${end}`).toThrow(Error)
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        try {
          expect(parseCheckpoint(JSON.stringify(value)).minReader).toBe(1)
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
        }
      }),
    )
  })

  test('knows which Prepare was overtaken, and forgets it in time', () => {
    let checkpoint = withoutClaim(emptyCheckpoint(), 'one')
    expect([
      isLate(checkpoint, 'one', 0),
      isLate(checkpoint, 'one', 1),
      isLate(checkpoint, 'two', 0),
    ]).toEqual([true, false, false])
    for (let i = 0; i < 1000; i++) checkpoint = withoutClaim(checkpoint, `other-${i}`)
    expect(checkpoint.tombstones.length).toBeLessThan(300)
    expect(isLate(checkpoint, 'one', 0)).toBe(false)
  })
})
