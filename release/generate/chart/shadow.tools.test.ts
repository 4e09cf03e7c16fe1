import {execFile} from 'node:child_process'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {toYaml} from '#lib/yaml-out.ts'
import {findShadowed} from '#release/kernels/shadow.ts'
import {needTools} from '#testbed/needs.ts'
import {sampleChart, sampleData} from './testing.ts'

const tools = await needTools('helm4')

type Condition = {literal: string} | {regexp: string}

const literals = ['6.12.1-amd64', '6.12.10-amd64', '6.1-x', '6x12.1-amd64', '7.0.0-1-generic']
const regexps = ['^6\\.12\\.[0-9]+-amd64$', '6.12', '^6\\.1-x$', '^7\\.', 'amd64$', '^(6|7)', '^6x']

/** Numbers that are the same in each run (a linear congruential generator). */
function* numbers(seed: number): Generator<number, never> {
  for (let n = seed; ; ) {
    n = (n * 1103515245 + 12345) % 2 ** 31
    yield n >> 8
  }
}

describe.skipIf(!tools)('what the chart refuses as shadowed', () => {
  let sample: Awaited<ReturnType<typeof sampleChart>>
  beforeAll(async () => {
    sample = await sampleChart(sampleData)
  })
  afterAll(() => sample?.remove())

  const template = (conditions: readonly Condition[]) =>
    new Promise<string>(resolve => {
      const extraKernelMappings = conditions.map(c => ({...c, tag: 'x'}))
      const values = {
        draDriver: {enabled: false},
        kernelModule: {enabled: true, kernelMappings: [], extraKernelMappings},
      }
      const args = ['template', 'x', sample.chart, '--kube-version', '1.36.0', '-f', '-']
      const child = execFile(tools?.helm4 ?? '', args, {env: {HOME: '/nowhere'}}, (_, __, stderr) =>
        resolve(stderr),
      )
      child.stdin?.end(toYaml(values))
    })

  // Of regexps the chart finds only equal ones: Helm has no automata. The matrix's own mappings are judged exactly.
  test('is what the exact judge calls shadowed, for literals and for equal regexps', async () => {
    const random = numbers(20261121)
    const pick = <T>(from: readonly T[]): T => from[random.next().value % from.length] as T
    for (let run = 0; run < 60; run++) {
      const conditions: Condition[] = Array.from({length: 4}, () =>
        random.next().value % 2 === 0 ? {literal: pick(literals)} : {regexp: pick(regexps)},
      )
      const first = findShadowed(conditions).find(({index, by}) => {
        const condition = conditions[index] as Condition
        return (
          'literal' in condition || by.some(i => JSON.stringify(conditions[i]) === JSON.stringify(condition))
        )
      })
      const stderr = await template(conditions)
      const at = /extraKernelMappings\[(\d)\] \([^\n]*\) is never reached/.exec(stderr)?.[1]
      expect(at, JSON.stringify(conditions) + stderr).toBe(first && String(first.index))
    }
  })
})
