import fc from 'fast-check'
import {expect, test} from 'vitest'
import {didYouMean} from './did-you-mean.ts'

const known = ['kubernetes', 'kubelet', 'kmm', 'cert-manager', 'containerd']

test.each([
  ['kubernets', 'kubernetes'],
  ['Kubernetes', 'kubernetes'],
  ['kuberentes', 'kubernetes'],
  ['kubelt', 'kubelet'],
  ['kmn', 'kmm'],
  ['certmanager', 'cert-manager'],
  ['containerdd', 'containerd'],
  ['docker', undefined],
  ['x', undefined],
  ['', undefined],
])('%s → %s', (word, meant) => {
  expect(didYouMean(word, known)).toBe(meant)
})

test('nearer words win, and of equally near ones the first by name', () => {
  expect(didYouMean('cat', ['cart', 'car', 'bat'])).toBe('bat')
  expect(didYouMean('cart', ['cat', 'carts', 'cart'])).toBe('cart')
})

test('the order of the known words makes no difference', () => {
  const words = fc.array(fc.stringMatching(/^[abc]{1,4}$/), {maxLength: 6})
  fc.assert(
    fc.property(fc.stringMatching(/^[abc]{1,4}$/), words, (word, list) => {
      expect(didYouMean(word, list)).toBe(didYouMean(word, [...list].reverse()))
      if (list.includes(word)) expect(didYouMean(word, list)).toBe(word)
    }),
  )
})
