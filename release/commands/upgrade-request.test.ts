import {expect, test} from 'vitest'
import {lockstep} from './testing.ts'

const karpenter = [
  '--matrix',
  'matrix/mlops-platform.yaml',
  'karpenter=0.37.0..1.0.x',
  'karpenter-crd=0.37.0',
]

test('a risk that is misspelt is not quietly taken', async () => {
  const plan = (...more: string[]) => lockstep(process.cwd(), 'upgrade', 'plan', ...karpenter, ...more)
  expect((await plan()).code).toBe(0)
  expect((await plan('--refuse-risk', 'no-way-back-from-v1')).code).toBe(1)
  expect(await plan('--refuse-risk', 'no-way-back-from-v2')).toMatchObject({
    code: 2,
    err: expect.stringMatching(/J013[\s\S]*did you mean no-way-back-from-v1\?/),
  })
})
