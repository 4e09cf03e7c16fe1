import {expect, test} from 'vitest'
import {liveWords} from './upgrade-live.ts'

const current = {kubernetes: '1.35', 'kubelet@a': '1.34', 'kubelet@b': '1.35', kmm: '2.5.0'}

test('what the cluster shows completes what is asked, for every instance; the rest stands', () => {
  expect(liveWords(['kubelet=..1.36', 'kmm=2.6.0..2.7.0'], current)).toEqual([
    'kubelet@a=1.34..1.36',
    'kubelet@b=1.35..1.36',
    'kmm=2.6.0..2.7.0',
    'kubernetes=1.35',
  ])
  expect(liveWords(['kubelet@a=..1.36'], {'kubelet@a': '1.34'})).toEqual(['kubelet@a=1.34..1.36'])
})

test('what the cluster does not show has to be said, all at once', () => {
  expect(() => liveWords(['karpenter=..1.9.3', 'istio=..1.27'], current)).toThrow(/karpenter[\s\S]*istio/)
})
