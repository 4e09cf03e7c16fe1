import {expect, test} from 'vitest'
import {planUpgrade} from '../plan.ts'
import {matrixOf, platform, request} from '../testing.ts'
import {planSvg} from './svg.ts'

const {plan} = planUpgrade(
  request(matrixOf(platform), {
    kubernetes: '1.33..1.35',
    karpenter: '1.5.0',
    'kubelet@pool-a': '1.33',
    database: '2.9.0..3.0.0',
  }),
)
const svg = plan ? planSvg(plan) : ''
const all = (pattern: RegExp) => [...svg.matchAll(pattern)].map(match => match[1])

test('a lane for each thing, with what runs; a box for each hop, with where it goes', () => {
  expect(all(/<text class="name"[^>]*>([^<]*)</g).toSorted()).toEqual([
    'database 2.9.0',
    'karpenter 1.5.0',
    'kubelet@pool-a 1.33',
    'kubernetes 1.33',
  ])
  expect(all(/<g class[^>]*>.*?<text[^>]*>([^<]*)<\/text><\/g>/gs)).toEqual(plan?.hops.map(hop => hop.to))
})

test('what takes down and cannot be undone looks so, and needs lead to a later hop', () => {
  expect(all(/<g class="([^"]*)"><title>database/g)).toEqual(['disturbs final'])
  expect(all(/<path class="need" d="M ([\d.]+)/g).length).toBeGreaterThan(0)
})

test('it says what its signs mean, and only those that it has', () => {
  expect(all(/<text class="legend"[^>]*>([^<]*)</g)).toEqual([
    'red: drains or takes down',
    'dashed: no way back',
    'dotted: that hop needs this one',
  ])
  const calm = planUpgrade(request(matrixOf(platform), {karpenter: '1.5.0', kubernetes: '1.33'})).plan
  expect(calm && planSvg(calm)).not.toContain('class="legend"')
})

test('boxes lie within the drawing, in the order of the hops', () => {
  const [width = 0] = all(/viewBox="0 0 ([\d.]+)/g).map(Number)
  const places = [...svg.matchAll(/<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"/g)].map(
    m => [Number(m[1]), Number(m[2])] as const,
  )
  let end = 0
  for (const [x, w] of places) {
    expect(x).toBeGreaterThanOrEqual(end)
    end = x + w
  }
  expect(end).toBeLessThan(width)
})
