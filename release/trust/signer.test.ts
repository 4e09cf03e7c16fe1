import {createPrivateKey, generateKeyPairSync} from 'node:crypto'
import {expect, test} from 'vitest'
import {digestOf} from '../lib/digest.ts'
import {bundleBytes, readBundle} from './bundle.ts'
import {keyFileSigner, keySigner} from './signer.ts'
import {signatureStatement, speaksOf, statementIn} from './statement.ts'
import {testSigner} from './testing.ts'
import {readPublicKey} from './verifier.ts'

const statement = signatureStatement(digestOf('an image'))

test('what was signed is read back, and states what it did', async () => {
  const {signer, verifier} = testSigner()
  const bundle = readBundle(bundleBytes(await signer.signStatement(statement)), 'x')
  await verifier.check(bundle, 'x')
  const read = statementIn(bundle, 'x')
  expect(read).toEqual(statement)
  expect(read && speaksOf(read, digestOf('an image'))).toBe(true)
  expect(read && speaksOf(read, digestOf('another'))).toBe(false)
})

test('a message signature is over that message alone', async () => {
  const {signer, verifier} = testSigner()
  const bundle = await signer.signMessage(Buffer.from('sums'))
  await verifier.check(bundle, 'x', Buffer.from('sums'))
  await expect(verifier.check(bundle, 'x', Buffer.from('sums '))).rejects.toThrow('W011')
  await expect(verifier.check(bundle, 'x')).rejects.toThrow('W012')
  expect(statementIn(bundle, 'x')).toBeUndefined()
})

test('only keys on P-256 sign, and a wrong key is noticed before anything is signed with it', async () => {
  const {privateKey} = generateKeyPairSync('ec', {namedCurve: 'P-384'})
  const pem = Buffer.from(privateKey.export({format: 'pem', type: 'pkcs8'}))
  expect(() => keyFileSigner(pem, 'key.pem', undefined)).toThrow('W002')
  const [one, other] = [testSigner(), testSigner()]
  const mixed = keySigner(async () => Buffer.from('not a signature'), one.publicKey, 'token')
  await expect(mixed.signStatement(statement)).rejects.toThrow('W003')
  await expect(other.verifier.check(await one.signer.signStatement(statement), 'x')).rejects.toThrow('W013')
})

test('no message quotes a key or its passphrase', () => {
  const {privateKey} = testSigner()
  const passphrase = 'planted-passphrase'
  const key = createPrivateKey(privateKey)
  const encrypted = key.export({type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase})
  expect(keyFileSigner(Buffer.from(encrypted), 'key.pem', passphrase).name).toBe('key.pem')
  const broken = privateKey.replace('\n', '\nx')
  for (const [pem, secret] of [[encrypted, 'shut'], [encrypted], [broken, passphrase]] as const) {
    const error = thrown(() => keyFileSigner(Buffer.from(pem), 'key.pem', secret))
    expect(error.message).toBe("W001: key.pem can't be read as a private key")
    expect(error.cause).toBeUndefined()
  }
  expect(() => readPublicKey(Buffer.from('x'), 'x.pub')).toThrow('W001')
})

test.each([
  '{}',
  '[]',
  'no JSON',
  '{"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "verificationMaterial": {}}',
])('%s is no bundle', text => {
  expect(() => readBundle(Buffer.from(text), 'x')).toThrow(/W012|O001/)
})

function thrown(work: () => unknown): Error {
  try {
    work()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}
