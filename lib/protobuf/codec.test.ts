import fc from 'fast-check'
import protobuf from 'protobufjs'
import {describe, expect, test} from 'vitest'
import {int64, message, one, string} from './codec.ts'
import {draPluginV1beta1, prepareRequest, prepareResponse, unprepareResponse} from './dra-plugin.ts'
import {watchResponse} from './health.ts'
import {pluginInfo} from './registration.ts'

/** The same messages, read by an implementation that is not ours. */
const {root} = protobuf.parse(`
syntax = "proto3";
message PrepareRequest { repeated Claim claims = 1; }
message Claim { string namespace = 1; string uid = 2; string name = 3; }
message PrepareResponse { map<string, Prepared> claims = 1; }
message Prepared { repeated Device devices = 1; string error = 2; }
message Device {
  repeated string request_names = 1; string pool_name = 2; string device_name = 3;
  repeated string cdi_device_ids = 4; optional string share_id = 5;
}
message PluginInfo { string type = 1; string name = 2; string endpoint = 3; repeated string supported_versions = 4; }
message Watch { repeated Health devices = 1; }
message Health {
  Id device = 1; int64 health = 2; int64 last_updated_time = 3; int64 health_check_timeout_seconds = 4; string message = 5;
}
message Id { string pool_name = 1; string device_name = 2; }
`)
const theirs = (name: string, bytes: Uint8Array) => {
  const type = root.lookupType(name)
  return type.toObject(type.decode(bytes), {defaults: true, longs: Number})
}
const theirBytes = (name: string, value: object) => {
  const type = root.lookupType(name)
  return type.encode(type.fromObject(value)).finish()
}
const text = fc.string({unit: 'grapheme'})
const whole = fc.maxSafeInteger()
const device = fc.record({
  requestNames: fc.array(text),
  poolName: text,
  deviceName: text,
  cdiDeviceIds: fc.array(text),
  shareId: fc.option(text, {nil: undefined}),
})

describe('against another implementation', () => {
  test('texts and repeated messages', () => {
    const claims = fc.array(fc.record({namespace: text, uid: text, name: text}))
    fc.assert(
      fc.property(claims, claims => {
        expect(theirs('PrepareRequest', prepareRequest.encode({claims}))).toEqual({claims})
        expect(prepareRequest.decode(theirBytes('PrepareRequest', {claims}))).toEqual({claims})
      }),
    )
  })

  test.each([0, 1, 126, 127, 128, 300, 16_383, 16_384, 70_000])(
    'a text of %i bytes, framed by messages',
    size => {
      const error = 'x'.repeat(size)
      const claims = {uid: {devices: [], error}}
      const bytes = prepareResponse.encode({claims: new Map(Object.entries(claims))})
      expect(theirs('PrepareResponse', bytes)).toEqual({claims})
      expect(prepareResponse.decode(bytes).claims.get('uid')?.error).toBe(error)
    },
  )

  test('maps and optional fields', () => {
    const answers = fc.dictionary(
      text.filter(key => key !== '__proto__'),
      fc.record({devices: fc.array(device), error: text}),
    )
    fc.assert(
      fc.property(answers, answers => {
        const claims = new Map(Object.entries(answers))
        const known = theirs('PrepareResponse', prepareResponse.encode({claims}))
        expect(prepareResponse.decode(theirBytes('PrepareResponse', known))).toEqual({claims})
        expect(prepareResponse.decode(prepareResponse.encode({claims}))).toEqual({claims})
      }),
    )
  })

  test('numbers, negative and large ones too', () => {
    fc.assert(
      fc.property(whole, whole, text, (lastUpdatedTime, health, message) => {
        const one = {device: {poolName: 'p', deviceName: 'd'}, health, lastUpdatedTime, message}
        const devices = [{...one, healthCheckTimeoutSeconds: 0}]
        expect(theirs('Watch', watchResponse.encode({devices}))).toEqual({devices})
        expect(watchResponse.decode(theirBytes('Watch', {devices}))).toEqual({devices})
      }),
    )
  })

  test("a plugin's information", () => {
    const info = {type: 'DRAPlugin', name: 'n', endpoint: '/e', supportedVersions: ['v1.DRAPlugin']}
    expect(pluginInfo.encode(info)).toEqual(theirBytes('PluginInfo', info))
  })
})

describe('on its own', () => {
  test('passes over fields it does not know', () => {
    const newer = message({name: one(3, string), a: one(70, string), b: one(9, int64)})
    const bytes = newer.encode({name: 'claim', a: 'more', b: -1})
    const fixed = Buffer.from([0x55, 1, 2, 3, 4, 0x51, 1, 2, 3, 4, 5, 6, 7, 8])
    expect(message({name: one(3, string)}).decode(Buffer.concat([fixed, bytes]))).toEqual({name: 'claim'})
  })

  test('reads a message that came in two parts as one', () => {
    const inner = message({a: one(1, string), b: one(2, string)})
    const outer = message({inner: one(1, inner)})
    const parts = [outer.encode({inner: {a: 'x', b: ''}}), outer.encode({inner: {a: '', b: 'y'}})]
    expect(outer.decode(Buffer.concat(parts))).toEqual({inner: {a: 'x', b: 'y'}})
  })

  test('writes an empty answer under its key', () => {
    const claims = new Map([['uid', {error: ''}]])
    expect(unprepareResponse.decode(unprepareResponse.encode({claims}))).toEqual({claims})
  })

  test('leaves v1 fields out of v1beta1', () => {
    const one = {requestNames: [], poolName: 'p', deviceName: 'd', cdiDeviceIds: [], shareId: 's'}
    const claims = new Map([['uid', {devices: [one], error: ''}]])
    const bytes = draPluginV1beta1.NodePrepareResources.responseSerialize({claims})
    expect(prepareResponse.decode(bytes).claims.get('uid')?.devices[0]?.shareId).toBeUndefined()
  })

  test('refuses what is no message, with its own error and never otherwise', () => {
    expect(() => prepareRequest.decode(Buffer.from([0x0a, 0x05, 1]))).toThrow('cut short')
    expect(() => prepareRequest.decode(Buffer.from([0x08, 0x05]))).toThrow('wire type')
    expect(() => prepareRequest.decode(Buffer.from([0x0a, 0x03, 0x0a, 0x01, 0xff]))).toThrow('UTF-8')
    fc.assert(
      fc.property(fc.uint8Array({maxLength: 64}), bytes => {
        try {
          prepareResponse.decode(bytes)
        } catch (error) {
          expect(error).toMatchObject({name: 'ProtobufError'})
        }
      }),
      {numRuns: 2000},
    )
  })
})
