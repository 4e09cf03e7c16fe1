import {describe, expect, test} from 'vitest'
import {compareCost} from './problem.ts'
import {seeded} from './random.ts'
import {solve} from './solve.ts'
import {bruteForce, randomProblem, type Shape, walk} from './testing.ts'

const shapes: Record<string, Shape> = {
  'one axis': {variables: [2, 5], versions: [2, 5], axes: 1, pairs: 0.5, fit: 0.7, down: 0, wide: 0.3},
  'no axis, dense': {variables: [2, 4], versions: [2, 5], axes: 0, pairs: 0.9, fit: 0.75, down: 0, wide: 0.3},
  'two axes': {variables: [3, 5], versions: [2, 4], axes: 2, pairs: 0.5, fit: 0.7, down: 0, wide: 0.3},
  'moves down': {variables: [2, 4], versions: [2, 4], axes: 1, pairs: 0.6, fit: 0.6, down: 0.3, wide: 0.3},
}

describe.each(Object.entries(shapes))('%s', (_, shape) => {
  test('7,500 random problems: feasibility and cost of the joint lattice, every state valid', () => {
    const random = seeded(shape.axes * 7 + shape.down * 100 + 3)
    const seen = {solved: 0, 'no-way': 0}
    for (let n = 0; n < 7_500; n++) {
      const problem = randomProblem(random, shape)
      const outcome = solve(problem)
      const cheapest = bruteForce(problem)
      if (outcome.kind === 'solved') {
        const cost = walk(problem, outcome.solution.steps)
        if (typeof cost === 'string') throw new Error(`problem ${n}: ${cost}`)
        expect(cost, `problem ${n}`).toEqual(cheapest)
        expect(outcome.solution.cost).toEqual(cheapest)
        expect(outcome.solution.atLeast).toEqual(cheapest)
      } else if (cheapest) throw new Error(`problem ${n}: ${outcome.kind}, but there is a way`)
      if (outcome.kind === 'solved' || outcome.kind === 'no-way') seen[outcome.kind]++
    }
    expect(seen.solved).toBeGreaterThan(1_000)
    expect(seen['no-way']).toBeGreaterThan(500)
  })

  test('with small tables and joined patterns the answers are the same', () => {
    const random = seeded(99)
    for (let n = 0; n < 1_000; n++) {
      const problem = randomProblem(random, shape)
      expect(costOf(solve(problem, {pattern: 30, states: 100_000}))).toEqual(costOf(solve(problem)))
    }
  })
})

test('a search that is cut short gives a valid way and says what it costs at least', () => {
  const random = seeded(5)
  let cut = 0
  for (let n = 0; n < 300; n++) {
    const problem = randomProblem(random, {
      variables: [5, 6],
      versions: [4, 5],
      axes: 0,
      pairs: 0.6,
      fit: 0.8,
      down: 0,
      wide: 0,
    })
    const exact = solve(problem)
    const short = solve(problem, {pattern: 5, states: 60})
    if (short.kind === 'gave-up') continue
    expect(short.kind).toBe(exact.kind)
    if (short.kind !== 'solved' || exact.kind !== 'solved') continue
    expect(typeof walk(problem, short.solution.steps)).toBe('object')
    expect(compareCost(short.solution.atLeast, exact.solution.cost)).toBeLessThanOrEqual(0)
    expect(compareCost(short.solution.cost, exact.solution.cost)).toBeGreaterThanOrEqual(0)
    if (compareCost(short.solution.atLeast, short.solution.cost) < 0) cut++
  }
  expect(cut).toBeGreaterThan(5)
})

test('an invalid start is told apart from a missing way', () => {
  const variable = {
    name: 'a',
    size: 2,
    start: 0,
    goals: [1],
    moves: [[{to: 1, cost: {irreversible: 0, disruptive: 0, steps: 1, older: 0}}], []],
  }
  const never = {id: 'never', scope: [0], holds: () => false}
  const notOne = {id: 'not-one', scope: [0], holds: (s: ArrayLike<number>) => s[0] !== 1}
  expect(solve({variables: [variable], constraints: [never]})).toEqual({
    kind: 'invalid-start',
    violated: ['never'],
  })
  expect(solve({variables: [variable], constraints: [notOne]})).toEqual({kind: 'no-way', within: [0]})
})

test('an axis that may go anywhere but where it shall is no search of all of its ways', () => {
  const size = 40
  const cost = {irreversible: 0, disruptive: 0, steps: 1, older: 0}
  const moves = Array.from({length: size}, (_, from) =>
    Array.from({length: size}, (_, to) => ({to, cost})).filter(({to}) => to > from && to < size - 1),
  )
  const axis = {name: 'a', size, start: 0, goals: [size - 1], moves, axis: true}
  expect(solve({variables: [axis], constraints: []})).toEqual({kind: 'no-way', within: [0]})
})

function costOf(outcome: ReturnType<typeof solve>) {
  return outcome.kind === 'solved' ? outcome.solution.cost : outcome.kind
}
