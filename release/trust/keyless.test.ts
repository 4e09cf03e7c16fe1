import {afterEach, expect, test} from 'vitest'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {digestOf} from '../lib/digest.ts'
import type {Bundle} from './bundle.ts'
import {keylessSigner} from './keyless.ts'
import {sigstoreVerifier} from './sigstore-verifier.ts'
import {signatureStatement} from './statement.ts'
import {startSigstore, type TestSigstore, testToken} from './test-sigstore.ts'
import {testSigner} from './testing.ts'

const identity = 'https://github.com/acme/mock-device/.github/workflows/release.yml@refs/tags/v0.2.0'
const issuer = 'https://token.actions.githubusercontent.com'
const token = testToken({sub: identity, iss: issuer})
const statement = signatureStatement(digestOf('an image'))

const open: TestSigstore[] = []
afterEach(() => Promise.all(open.splice(0).map(s => s.close())))
async function sigstore(clocks: Parameters<typeof startSigstore>[0] = {}) {
  const services = await startSigstore(clocks)
  open.push(services)
  const signer = await keylessSigner({fulcio: services.url, rekor: services.url, token: async () => token})
  const trusts = (who = identity, by = issuer) =>
    sigstoreVerifier({identity: who, issuer: by}, services.trustedRoot, 'trusted_root.json')
  return {services, signer, trusts}
}
const code = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'sound',
    (error: unknown) =>
      error instanceof DiagnosticError ? (error.diagnostics[0]?.code ?? '') : String(error),
  )

test('a statement and a message are signed by the identity; offline, whoever trusts it finds them sound', async () => {
  const {services, signer, trusts} = await sigstore()
  const [stated, message] = [
    await signer.signStatement(statement),
    await signer.signMessage(Buffer.from('sums')),
  ]
  const verifier = await trusts()
  expect(await code(verifier.check(stated, 'x'))).toBe('sound')
  expect(await code(verifier.check(message, 'x', Buffer.from('sums')))).toBe('sound')
  expect(await code(verifier.check(message, 'x', Buffer.from('other')))).not.toBe('sound')
  expect(await code(signer.own.check(stated, 'x'))).toBe('sound')
  // One certificate for both; each signature in the log.
  const asked = (path: string) => services.requests.filter(r => r.startsWith(`POST ${path} `))
  expect(asked('/api/v2/signingCert')).toHaveLength(1)
  expect(asked('/api/v1/log/entries')).toHaveLength(2)
  const [request] = asked('/api/v2/signingCert').map(r => JSON.parse(r.slice(r.indexOf('{'))))
  expect(request).toEqual({
    credentials: {oidcIdentityToken: token},
    publicKeyRequest: {
      publicKey: {algorithm: 'ECDSA', content: expect.stringContaining('BEGIN PUBLIC KEY')},
      proofOfPossession: expect.stringMatching(/^[A-Za-z0-9+/]+=*$/),
    },
  })
  expect(
    asked('/api/v1/log/entries')
      .map(r => JSON.parse(r.slice(r.indexOf('{'))).kind)
      .sort(),
  ).toEqual(['dsse', 'hashedrekord'])
})

test('another identity, another issuer, part of the identity, another root and a key are refused', async () => {
  const {signer, trusts} = await sigstore()
  const stated = await signer.signStatement(statement)
  expect(await code((await trusts(identity.replace('acme', 'evil'))).check(stated, 'x'))).toBe('W013')
  expect(await code((await trusts(identity, 'https://evil.example')).check(stated, 'x'))).toBe('W013')
  expect(await code((await trusts(identity.slice(0, -3))).check(stated, 'x'))).toBe('W013')
  expect(await code((await trusts('.*')).check(stated, 'x'))).toBe('W013')
  expect(await code((await (await sigstore()).trusts()).check(stated, 'x'))).toMatch(/^W01[56]$/)
  const {signer: withKey, verifier: byKey} = testSigner()
  expect(await code((await trusts()).check(await withKey.signStatement(statement), 'x'))).toBe('W013')
  expect(await code(byKey.check(stated, 'x'))).toBe('W013')
})

test('an expired certificate is named', async () => {
  const {signer, trusts} = await sigstore({issued: new Date(Date.now() - 3_600_000)})
  const stated = await signer.signStatement(statement)
  expect(await code((await trusts()).check(stated, 'x'))).toBe('W014')
})

test('a changed statement, and one without its entry in the log, are refused', async () => {
  const {signer, trusts} = await sigstore()
  const stated = await signer.signStatement(statement)
  const verifier = await trusts()
  const other = Buffer.from(JSON.stringify(signatureStatement(digestOf('another')))).toString('base64')
  const changed = {...stated, dsseEnvelope: {...stated.dsseEnvelope, payload: other}} as Bundle
  expect(await code(verifier.check(changed, 'x'))).toMatch(/^W01[15]$/)
  const {tlogEntries: _gone, ...rest} = stated.verificationMaterial as {tlogEntries?: unknown}
  expect(await code(verifier.check({...stated, verificationMaterial: rest} as Bundle, 'x'))).toBe('W015')
})

test('what the services refuse is told without the token', async () => {
  const {services} = await sigstore()
  for (const bad of ['planted-token', testToken({})]) {
    const signer = await keylessSigner({
      fulcio: `${services.url}/nowhere`,
      rekor: services.url,
      token: async () => bad,
    })
    const error: unknown = await signer.signStatement(statement).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(DiagnosticError)
    const told =
      JSON.stringify((error as DiagnosticError).diagnostics) + String(error) + String((error as Error).stack)
    expect(told).toContain('W006')
    expect(told).not.toContain(bad)
  }
})

test('a file that is no trusted root is refused', async () => {
  expect(await code(sigstoreVerifier({identity, issuer}, Buffer.from('[]'), 'x.json'))).toBe('W004')
})
