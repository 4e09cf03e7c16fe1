import {expect, test} from 'vitest'
import {readKtap} from './ktap.ts'

const log = (tail: string) => `[    1.2] mock_accel: loading out-of-tree module taints kernel.
KTAP version 1
1..1
    KTAP version 1
    # Subtest: mock-accel
    # module: mock_accel
    1..3
    ok 1 one
    # two: EXPECTATION FAILED at somewhere.c:3
    not ok 2 two
    ok 3 three # SKIP needs something
${tail}`

test('reads cases with their suite', () => {
  expect(readKtap(log('[    2.5] ok 1 mock-accel\n'))).toEqual([
    {name: 'mock-accel.one', ok: true, skipped: false},
    {name: 'mock-accel.two', ok: false, skipped: false},
    {name: 'mock-accel.three', ok: true, skipped: true},
  ])
})

test.each([
  ['a suite that fails as a whole', log('not ok 1 mock-accel\n')],
  ['a suite that never ends', log('')],
  ['a suite that tells less than it planned', log('ok 1 mock-accel\n').replace('1..3', '1..4')],
])('%s is a failed case', (_, text) => {
  expect(readKtap(text)).toContainEqual({name: 'mock-accel', ok: false, skipped: false})
})

test('no test is no result', () => {
  expect(readKtap('Linux version 6.12\n')).toEqual([])
})
