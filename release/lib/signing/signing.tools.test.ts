import {createPrivateKey} from 'node:crypto'
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {openToolbox} from '../../effects/toolbox/toolbox.ts'
import type {Exec} from '../effects.ts'
import {keyFileSigner} from './key-file.ts'
import {splitSignature} from './module-signature.ts'
import {pkcs11Signer} from './pkcs11.ts'
import {readCertificate} from './signer.ts'
import {type TestKey, testKey} from './testing.ts'

const module = Buffer.from('\x7fELF not really a module, but signed all the same')

describe.each([
  ['RSA', ['RSA', '-pkeyopt', 'rsa_keygen_bits:2048']],
  ['P-384', ['EC', '-pkeyopt', 'ec_paramgen_curve:P-384']],
])('a signature with %s', (kind, algorithm) => {
  let made: TestKey
  let signed: Buffer
  beforeAll(async () => {
    made = await testKey(algorithm)
    const certificate = readCertificate(Buffer.from(made.certificate), 'cert.pem')
    signed = await keyFileSigner(Buffer.from(made.key), 'key.pem', certificate, undefined).sign(module)
    const parts = splitSignature(signed)
    writeFileSync(join(made.dir, 'module'), module)
    writeFileSync(join(made.dir, 'message'), parts?.message ?? '')
  })
  afterAll(() => made.remove())

  test('stands after the untouched module, and openssl verifies it with the certificate', async () => {
    expect(splitSignature(signed)?.module.equals(module)).toBe(true)
    const verify =
      'openssl cms -verify -binary -inform DER -in message -content module -noverify -certfile cert.pem'
    expect(await made.run(...verify.split(' '))).toBe(module.toString())
    writeFileSync(join(made.dir, 'module'), `${module}!`)
    await expect(made.run(...verify.split(' '))).rejects.toThrow('verification failure')
    writeFileSync(join(made.dir, 'module'), module)
  })

  if (kind !== 'RSA') return
  test('is byte by byte what openssl writes, as sign-file asks it to', async () => {
    const sign =
      'openssl cms -sign -binary -noattr -nocerts -md sha256 -outform DER -signer cert.pem -inkey key.pem'
    await made.run(...sign.split(' '), '-in', 'module', '-out', 'theirs')
    expect(readFileSync(join(made.dir, 'message')).equals(readFileSync(join(made.dir, 'theirs')))).toBe(true)
  })
})

describe('a key in a token', () => {
  let made: TestKey
  let exec: Exec
  const library = '/usr/lib/softhsm/libsofthsm2.so'
  const uri = 'pkcs11:token=test;object=signing;type=private'
  beforeAll(async () => {
    made = await testKey()
    mkdirSync(join(made.dir, 'tokens'))
    writeFileSync(
      join(made.dir, 'softhsm2.conf'),
      'directories.tokendir = /build/tokens\nlog.level = ERROR\n',
    )
    await made.run(
      'softhsm2-util',
      '--init-token',
      '--free',
      '--label',
      'test',
      '--pin',
      '4711',
      '--so-pin',
      '0815',
    )
    await made.run('openssl', 'pkcs8', '-topk8', '-nocrypt', '-in', 'key.pem', '-out', 'key.p8')
    const into = ['--token', 'test', '--pin', '4711', '--label', 'signing', '--id', '01']
    await made.run('softhsm2-util', '--import', 'key.p8', ...into)
    const toolbox = await openToolbox()
    const env = {
      SOFTHSM2_CONF: '/build/softhsm2.conf',
      PKCS11_PROVIDER_MODULE: library,
      KBUILD_SIGN_PIN: '4711',
    }
    exec = {
      run: (command, {stdin = ''} = {}) =>
        toolbox.run(command, {stdin, env, binds: [{from: made.dir, to: '/build'}]}),
    }
  })
  afterAll(() => made.remove())

  test('signs with the same bytes as the key in a file', async () => {
    const certificate = readCertificate(Buffer.from(made.certificate), 'cert.pem')
    const fromFile = await keyFileSigner(Buffer.from(made.key), 'key.pem', certificate, undefined).sign(
      module,
    )
    expect((await pkcs11Signer(uri, certificate, exec, true).sign(module)).equals(fromFile)).toBe(true)
  })

  test('without its PIN, or when it is not there, says what openssl says', async () => {
    const certificate = readCertificate(Buffer.from(made.certificate), 'cert.pem')
    const other = pkcs11Signer(uri.replace('object=signing', 'object=other'), certificate, exec, true)
    await expect(other.sign(module)).rejects.toThrow(
      /S010: openssl can't sign with pkcs11:token=test;object=other/,
    )
  })

  test('of another certificate is refused', async () => {
    const stranger = await testKey()
    const certificate = readCertificate(Buffer.from(stranger.certificate), 'cert.pem')
    stranger.remove()
    await expect(pkcs11Signer(uri, certificate, exec, true).sign(module)).rejects.toThrow('S011')
  })
})

test('an encrypted key takes its passphrase; no message quotes a key', async () => {
  const made = await testKey()
  const certificate = readCertificate(Buffer.from(made.certificate), 'cert.pem')
  const key = createPrivateKey(made.key)
  const encrypted = key.export({type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open'})
  const signed = await keyFileSigner(Buffer.from(encrypted), 'key.pem', certificate, 'open').sign(module)
  expect(splitSignature(signed)?.module.equals(module)).toBe(true)
  const broken = made.key.replace('\n', '\nx')
  for (const [pem, passphrase] of [[encrypted, 'shut'], [encrypted], [broken], [made.certificate]]) {
    const error = (() => {
      try {
        return keyFileSigner(
          Buffer.from(pem as string),
          'key.pem',
          certificate,
          passphrase as string | undefined,
        )
      } catch (thrown) {
        return thrown as Error
      }
    })()
    expect(String((error as Error).message)).toMatch(/^S010: key\.pem can't be read as a private key$/)
    expect((error as Error).cause).toBeUndefined()
  }
  made.remove()
})
