import {spawnSync} from 'node:child_process'
import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {compareDebianVersions} from './debian-version.ts'

test('the kernels of a suite in their order', () => {
  const ordered = [
    '6.12.95-1~bpo12+1',
    '6.12.95-1',
    '6.12.107-1',
    '6.12.115-1',
    '6.12.115-1+deb13u1',
    '7.3.4~rc1-1',
    '7.3.4-1~bpo13+1',
    '1:1.0-1',
  ]
  expect([...ordered].reverse().sort(compareDebianVersions)).toEqual(ordered)
})

const dpkg = spawnSync('dpkg', ['--version']).status === 0

describe.skipIf(!dpkg)('against dpkg --compare-versions', () => {
  const part = fc.string({
    unit: fc.constantFrom('0', '1', '9', '10', '007', '.', '~', '+', 'a', 'B', 'rc', 'deb'),
    maxLength: 5,
  })
  const version = fc.oneof(
    fc
      .tuple(fc.constantFrom('', '0:', '1:'), part, fc.constantFrom('', '-1', '-1~bpo12+1', '-0', '-a'))
      .map(([epoch, rest, revision]) => `${epoch}1${rest}${revision}`),
    fc.constantFrom('6.12.115-1', '6.12.115-1+deb13u1', '20250101123456789012345-1'),
  )

  test('gives the same order', () => {
    const pairs = fc.sample(fc.tuple(version, version), {numRuns: 150})
    const script =
      'while read -r a b; do for op in lt eq gt; do dpkg --compare-versions "$a" $op "$b" && echo $op; done; done'
    const {stdout} = spawnSync('sh', ['-c', script], {input: pairs.map(p => `${p.join(' ')}\n`).join('')})
    const ours = pairs.map(([a, b]) => ['lt', 'eq', 'gt'][Math.sign(compareDebianVersions(a, b)) + 1])
    const theirs = stdout.toString().trim().split('\n')
    expect(pairs.map((p, i) => [...p, ours[i]])).toEqual(pairs.map((p, i) => [...p, theirs[i]]))
  })
})
