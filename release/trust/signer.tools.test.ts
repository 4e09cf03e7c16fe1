import {createPublicKey, verify} from 'node:crypto'
import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {openToolbox} from '#testbed/toolbox/toolbox.ts'
import {digestOf} from '../lib/digest.ts'
import type {Exec} from '../lib/effects.ts'
import {pkcs11PublicKey, pkcs11Sign} from '../lib/signing/pkcs11.ts'
import {type TestKey, testKey} from '../lib/signing/testing.ts'
import {keySigner} from './signer.ts'
import {signatureStatement} from './statement.ts'
import {keyVerifier} from './verifier.ts'

const library = '/usr/lib/softhsm/libsofthsm2.so'
const uri = 'pkcs11:token=test;object=release'
let made: TestKey
let exec: Exec
beforeAll(async () => {
  made = await testKey(['EC', '-pkeyopt', 'ec_paramgen_curve:P-256'])
  mkdirSync(join(made.dir, 'tokens'))
  writeFileSync(join(made.dir, 'softhsm2.conf'), 'directories.tokendir = /build/tokens\nlog.level = ERROR\n')
  const pins = ['--pin', '4711', '--so-pin', '0815']
  await made.run('softhsm2-util', '--init-token', '--free', '--label', 'test', ...pins)
  await made.run('openssl', 'pkcs8', '-topk8', '-nocrypt', '-in', 'key.pem', '-out', 'key.p8')
  const into = ['--token', 'test', '--pin', '4711', '--label', 'release', '--id', '01']
  await made.run('softhsm2-util', '--import', 'key.p8', ...into)
  const toolbox = await openToolbox()
  const env = {
    SOFTHSM2_CONF: '/build/softhsm2.conf',
    PKCS11_PROVIDER_MODULE: library,
    COSIGN_PASSWORD: '4711',
  }
  const binds = [{from: made.dir, to: '/build'}]
  exec = {run: (command, {stdin = ''} = {}) => toolbox.run(command, {stdin, env, binds})}
})
afterAll(() => made.remove())

test('a key in a token signs releases; its public half comes from the token too', async () => {
  const token = {uri, exec, pinFrom: 'COSIGN_PASSWORD'}
  const publicKey = createPublicKey(await pkcs11PublicKey(token))
  expect(publicKey.equals(createPublicKey(made.key))).toBe(true)
  const raw = pkcs11Sign(token)
  expect(verify('sha256', Buffer.from('sums'), publicKey, await raw(Buffer.from('sums')))).toBe(true)
  const bundle = await keySigner(raw, publicKey, uri).signStatement(signatureStatement(digestOf('an image')))
  await keyVerifier(publicKey, 'release.pub').check(bundle, 'x')
})

test('a PIN in the URI is refused, and an absent key told', async () => {
  const token = {uri, exec, pinFrom: 'COSIGN_PASSWORD'}
  expect(() => pkcs11Sign({...token, uri: `${uri}?pin-value=4711`})).toThrow('S003')
  const absent = {...token, uri: uri.replace('release', 'other')}
  await expect(pkcs11PublicKey(absent)).rejects.toThrow(/S010: openssl can't read the public key of pkcs11:/)
})
