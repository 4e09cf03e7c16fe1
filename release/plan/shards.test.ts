import {expect, test} from 'vitest'
import type {Artifact} from './plan.ts'
import {shardsOf} from './shards.ts'

const plan = (count: number) => ({
  artifacts: Array.from({length: count}, (_, i) => ({
    recipe: {kind: 'kmod-image', kernel: `6.12.${i}-amd64`},
  })) as Artifact[],
})

test('no more shards than kernels, no more than asked for, and every kernel once', () => {
  expect(shardsOf(plan(0), 256)).toEqual([])
  expect(shardsOf(plan(2), 256)).toEqual([
    {shard: 1, kernels: '6.12.0-amd64'},
    {shard: 2, kernels: '6.12.1-amd64'},
  ])
  const many = shardsOf(plan(600), 256)
  expect(many).toHaveLength(256)
  const all = many.flatMap(s => s.kernels.split(' '))
  expect([all.length, new Set(all).size]).toEqual([600, 600])
  const sizes = many.map(s => s.kernels.split(' ').length)
  expect(Math.max(...sizes) - Math.min(...sizes)).toBe(1)
})
