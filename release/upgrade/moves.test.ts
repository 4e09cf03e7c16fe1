import {describe, expect, test} from 'vitest'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {planUpgrade} from './plan.ts'
import type {UpgradeRequest} from './request.ts'
import {matrixOf, platform, request} from './testing.ts'

const cited = 'level: supported, because: So it is., source: docs, asOf: 2026-11-21'

/** The platform matrix with other versions and transitions of `product`, and more rules and components. */
function matrixWith({versions = '', transitions = '', rules = '', components = ''}) {
  return matrixOf(
    platform
      .replace(/versions: \[\{version: 1.0.0\}, .*\]\}/, `versions: [${versions}]}`)
      .replace('rules:\n', `${components}rules:\n${rules}`)
      .replace(/ {2}- \{id: product-up.*\n/, transitions)
      .replace(/ {2}- \{id: product-2,.*\n/, ''),
  )
}

const hops = (asked: UpgradeRequest) => {
  const {plan, explanation} = planUpgrade(asked)
  return plan ? plan.hops.map(h => `${h.name} ${h.from}→${h.to}`) : explanation?.conflict.map(c => c.item)
}

const list = (...versions: string[]) => versions.map(v => `{version: ${v}}`).join(', ')

describe('a reinstallation is judged as the whole that it is', () => {
  const reinstall = (more: string) =>
    matrixWith({
      versions: list('0.9.0', '0.9.5', '1.0.0'),
      transitions: `  - {id: within, component: product, to: <1.0.0, back: {}, ${cited}}\n  - {id: anew, component: product, from: <1.0.0, to: '>=1.0.0', reinstall: true, ${more}back: {}, ${cited}}\n`,
    })

  test('a waypoint that is the start is passed, another one is not', () => {
    const matrix = reinstall('via: [0.9.5], ')
    expect(hops(request(matrix, {product: '0.9.5..1.0.0'}))).toEqual([
      'product 0.9.5→absent',
      'product absent→1.0.0',
    ])
    expect(hops(request(matrix, {product: '0.9.0..1.0.0'}))).toEqual(['transition:anew'])
  })

  test('being away is no version, however low the versions are that are denied', () => {
    expect(hops(request(reinstall("deny: ['<0.5.0'], "), {product: '0.9.5..1.0.0'}))).toHaveLength(2)
    expect(hops(request(reinstall('deny: [1.0.0], '), {product: '0.9.5..1.0.0'}))).toEqual([
      'transition:anew',
    ])
  })

  test('it takes the component down, whether the matrix says so or not', () => {
    const asked = request(reinstall(''), {product: '0.9.5..1.0.0'})
    expect(planUpgrade(asked).plan?.hops.map(h => h.disruption)).toEqual(['downtime', 'none'])
    expect(hops({...asked, policy: {noDowntime: true}})).toEqual(['policy:noDowntime'])
  })
})

describe('prereleases', () => {
  const matrix = matrixWith({
    versions: list('1.0.0', '1.1.0', '1.1.1-rc.1', '2.0.0-rc.1', '2.0.0'),
    transitions: `  - {id: up, component: product, step: {major: 1}, when: [{fact: to the latest patch of its minor}], back: {}, ${cited}}\n`,
  })

  test('nobody is led to one without asking, and a patch is the latest before its next one is released', () => {
    expect(hops(request(matrix, {product: '1.0.0..1.1.x'}))).toEqual(['product 1.0.0→1.1.0'])
    expect(hops(request(matrix, {product: '1.0.0..>=1.1'}))).toEqual(['product 1.0.0→2.0.0'])
  })

  test('who asks for one gets it, who runs one leaves it', () => {
    expect(hops(request(matrix, {product: '1.0.0..1.1.1-rc.1'}))).toEqual(['product 1.0.0→1.1.1-rc.1'])
    expect(hops(request(matrix, {product: '2.0.0-rc.1..2.0.0'}))).toEqual(['product 2.0.0-rc.1→2.0.0'])
  })
})

describe('what runs and what is wanted', () => {
  const matrix = matrixOf(platform)

  test('is the same version with a v and with build metadata', () => {
    expect(
      hops(request(matrix, {product: 'v1.0.0+sha.5114f85..1.0.0', kubernetes: 'v1.36.4-eks-1'})),
    ).toEqual([])
    const part = (order: number) =>
      `{title: Part, scheme: semver, group: shop, order: ${order}, versions: [${list('1.0.0', '2.0.0')}]}`
    const shop = matrixWith({components: `  front: ${part(2)}\n  rear: ${part(1)}\n`})
    expect(hops(request(shop, {front: 'v1.0.0..2.0.0', rear: '1.0.0+abc'}))).toEqual(['shop 1.0.0→2.0.0'])
  })

  test('may be versions that the matrix does not list', () => {
    expect(hops(request(matrix, {product: '1.0.7..1.2.3'}))).toEqual(['product 1.0.7→1.2.3'])
  })

  test('is refused with a hint where it is written otherwise, and where the version was withdrawn', () => {
    const bad = matrixWith({
      versions: '{version: 1.0.0}, {version: 1.1.0, state: yanked, withdrawn: It loses data.}',
    })
    const refused = (versions: Record<string, string>) => {
      try {
        return hops(request(bad, versions))
      } catch (error) {
        if (!(error instanceof DiagnosticError)) throw error
        return error.diagnostics.map(({code, message, hint}) => [code, hint ?? message])
      }
    }
    expect(refused({product: '1.0.0..1.1.0'})).toEqual([
      ['J004', 'product 1.1.0 was withdrawn: It loses data.'],
    ])
    expect(refused({product: '1.1.0..1.1.0'})).toEqual([])
    expect(refused({product: '1.0.0..v1.0.0'})).toEqual([['J003', 'write it without the v: 1.0.0']])
    expect(refused({product: '1.0.0..1.0.0+abc'})).toEqual([['J003', 'leave out the build metadata: 1.0.0']])
    expect(refused({product: 'absent..1.0.0'})).toEqual([
      ['J002', 'a plan moves what runs: leave out what is still to be installed, or is to go for good'],
    ])
  })

  test('a step down is taken where a transition has it', () => {
    const matrix = matrixWith({
      versions: list('1.0.0', '1.1.0', '1.2.0'),
      transitions: `  - {id: any, component: product, step: {minor: 1, down: 1}, back: {}, ${cited}}\n`,
    })
    expect(hops(request(matrix, {product: '1.2.0..1.0.0'}))).toEqual([
      'product 1.2.0→1.1.0',
      'product 1.1.0→1.0.0',
    ])
  })
})

test('waypoints that lead in a circle are no way, and the transitions are told', () => {
  const matrix = matrixWith({
    versions: list('1.0.0', '2.0.0', '3.0.0', '4.0.0'),
    transitions: `  - {id: over-3, component: product, from: 1.0.0, to: 2.0.0, via: [3.0.0], ${cited}}\n  - {id: over-2, component: product, from: 1.0.0, to: 3.0.0, via: [2.0.0], ${cited}}\n  - {id: last, component: product, from: '>=2.0.0', ${cited}}\n`,
  })
  expect(hops(request(matrix, {product: '1.0.0..4.0.0'}))).toEqual(['transition:over-3', 'transition:over-2'])
})

describe('two platforms', () => {
  const axis = `  database-server: {title: Database server, scheme: minor, platform: true, versions: [${list('1.1', '1.2', '1.3')}]}\n`
  const up = `  - {id: server-step, component: database-server, step: {minor: 1}, ${cited}}\n  - {id: product-up, component: product, back: {}, ${cited}}\n`
  const ask = {product: '1.0.0..3.0.0', kubernetes: '1.33..1.35', 'database-server': '1.1..1.3'}

  test('go in turns where what stands on both needs it', () => {
    const matrix = matrixWith({
      versions: list('1.0.0', '2.0.0', '3.0.0'),
      components: axis,
      transitions: up,
      rules: `  - {id: one, when: {product: 1.x}, requires: {kubernetes: '<=1.34', database-server: 1.1}, ${cited}}\n  - {id: two, when: {product: 2.x}, requires: {kubernetes: 1.34, database-server: '<=1.2'}, ${cited}}\n  - {id: three, when: {product: 3.x}, requires: {kubernetes: '>=1.34', database-server: '>=1.2'}, ${cited}}\n`,
    })
    expect(hops(request(matrix, ask))).toEqual([
      'kubernetes 1.33→1.34',
      'product 1.0.0→2.0.0',
      'database-server 1.1→1.2',
      'product 2.0.0→3.0.0',
      'database-server 1.2→1.3',
      'kubernetes 1.34→1.35',
    ])
  })

  test('without a version for the middle there is no way, and the rules on both sides of the gap are told', () => {
    const matrix = matrixWith({
      versions: list('1.0.0', '3.0.0'),
      components: axis,
      transitions: up,
      rules: `  - {id: one, when: {product: 1.x}, requires: {database-server: 1.1}, ${cited}}\n  - {id: three, when: {product: 3.x}, requires: {database-server: 1.3}, ${cited}}\n`,
    })
    const {explanation} = planUpgrade(request(matrix, ask))
    expect(explanation?.conflict.map(c => c.item)).toEqual(['rule:one', 'rule:three'])
    expect(explanation?.relaxations).toEqual(explanation?.conflict)
  })
})
