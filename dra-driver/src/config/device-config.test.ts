import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import type {DeviceConfig as AllocatedConfig} from '../kube-types.ts'
import {readConfig} from './device-config.ts'
import {resolveConfigs} from './resolve.ts'

const head = {apiVersion: 'mock-accel.example.com/v1alpha1', kind: 'DeviceConfig'}

describe('the parameters', () => {
  test('are read', () => {
    const config = {passphraseLength: 8, resetOnRelease: true}
    expect(readConfig({...head, ...config})).toEqual({config, problems: []})
    expect(readConfig(head)).toEqual({config: {}, problems: []})
  })

  test('are refused with all that is wrong', () => {
    const {problems} = readConfig({
      apiVersion: 'mock-accel.example.com/v1',
      knid: 'DeviceConfig',
      passphraseLenght: 8,
      resetOnRelease: 'yes',
      shiny: 1,
    })
    expect(problems).toEqual([
      '`apiVersion` must be `mock-accel.example.com/v1alpha1`, not `"mock-accel.example.com/v1"`',
      'lacks `kind: DeviceConfig`',
      'has no field `knid`: did you mean `kind`?',
      'has no field `passphraseLenght`: did you mean `passphraseLength`?',
      'has no field `shiny`: there are passphraseLength, resetOnRelease',
      '`resetOnRelease` must be true or false, not `"yes"`',
    ])
  })

  test.each([3, 13, 4.5, '8', null, [], 1e99])('passphraseLength cannot be %j', passphraseLength => {
    const {problems} = readConfig({...head, passphraseLength})
    expect(problems).toEqual([
      `\`passphraseLength\` must be a whole number from 4 to 12, not \`${JSON.stringify(passphraseLength)}\``,
    ])
  })

  test('that are anything else are a problem, never an exception', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        expect(readConfig(value).problems.length).toBeGreaterThan(0)
      }),
    )
    expect(readConfig(undefined).problems).toEqual(['must be a mapping, not `nothing`'])
  })
})

describe('what counts', () => {
  const driver = 'mock-accel.example.com'
  const config = (source: string, requests: string[], more: object): AllocatedConfig => ({
    source,
    requests,
    opaque: {driver, parameters: {...head, ...more}},
  })

  test('the claim overrides its class, field by field and per request, in whatever order they stand', () => {
    const entries = [
      config('FromClaim', [], {passphraseLength: 5}),
      config('FromClaim', ['two'], {passphraseLength: 9}),
      config('FromClass', ['one', 'two'], {passphraseLength: 12, resetOnRelease: true}),
    ]
    const {configOf, problems} = resolveConfigs(entries, driver)
    expect(problems).toEqual([])
    expect(configOf('one')).toEqual({passphraseLength: 5, resetOnRelease: true})
    expect(configOf('two')).toEqual({passphraseLength: 9, resetOnRelease: true})
    expect(configOf('three')).toEqual({passphraseLength: 5})
  })

  test('an alternative of a request is meant by its own name, or by the request', () => {
    const entries = [
      config('FromClaim', ['r'], {resetOnRelease: true}),
      config('FromClaim', ['r/big'], {passphraseLength: 12}),
      config('FromClaim', ['r/small'], {passphraseLength: 4}),
    ]
    const {configOf} = resolveConfigs(entries, driver)
    expect(configOf('r/big')).toEqual({passphraseLength: 12, resetOnRelease: true})
    expect(configOf('r/small')).toEqual({passphraseLength: 4, resetOnRelease: true})
  })

  test('other drivers have theirs; of ours every problem is told with its place', () => {
    const entries = [
      {source: 'FromClaim', opaque: {driver: 'gpu.example.com', parameters: {shape: 'round'}}},
      config('FromClass', ['r'], {passphraseLength: 1}),
      config('FromClaim', ['nobody'], {words: 1}),
      {source: 'FromClaim', opaque: {driver, parameters: null}},
    ]
    expect(resolveConfigs(entries, driver).problems).toEqual([
      'the DeviceClass of request r: `parameters` `passphraseLength` must be a whole number from 4 to 12, not `1`',
      'the claim: `spec.devices.config[1].opaque.parameters` has no field `words`: there are passphraseLength, resetOnRelease',
      'the claim: `spec.devices.config[2].opaque.parameters` must be a mapping, not `null`',
    ])
  })
})
