import {generateKeyPairSync, sign, verify, X509Certificate} from 'node:crypto'
import type {FulcioSigner, Signer as SigstoreSigner} from '@sigstore/sign'
import {fail} from '#lib/diagnostics.ts'
import {type Bundle, inTotoType, readBundle} from './bundle.ts'
import type {Signer} from './signer.ts'
import {statementBytes} from './statement.ts'
import {otherSigner, signedBy, wrongSignature} from './verifier.ts'

export type KeylessOptions = {
  /** sigstore's services; left out, the public instance's. */
  fulcio?: string
  rekor?: string
  /** An OIDC token for the audience `sigstore`; left out, what CI systems offer. Never shown, never kept. */
  token?: () => Promise<string>
}

/** Certificates live for ten minutes: one serves for many signatures, but not to its last moment. */
const spare = 2 * 60_000

/**
 * Signs with a key that is thrown away, certified for the identity of this run, each signature with an entry in the
 * public log (https://docs.sigstore.dev/about/overview/). The one signer that needs the network.
 * @throws W006 when it signs: a service, or who gives the token, refuses
 */
export async function keylessSigner({fulcio, rekor, token}: KeylessOptions = {}): Promise<Signer> {
  // Only who signs without a key pays for loading an HTTP client.
  const [sigstore, {bundleToJSON}] = await Promise.all([import('@sigstore/sign'), import('@sigstore/bundle')])
  const network = {retry: 3, timeout: 30_000}
  const identityProvider = token ? {getToken: token} : new sigstore.CIContextProvider()
  const keyHolder = throwawayKey()
  const authority = new sigstore.FulcioSigner({
    ...network,
    ...(fulcio ? {fulcioBaseURL: fulcio} : {}),
    identityProvider,
    keyHolder,
  })
  const certified = reusing(authority, keyHolder)
  const log = new sigstore.RekorWitness({...network, ...(rekor ? {rekorBaseURL: rekor} : {})})
  const parts = {signer: certified, witnesses: [log]}
  const message = new sigstore.MessageSignatureBundleBuilder(parts)
  const envelope = new sigstore.DSSEBundleBuilder(parts)

  const name = 'the identity of this run'
  return {
    name,
    own: {
      name,
      check: async (bundle, bundleName, data) => {
        const [mine, theirs] = [await attempt(() => certified.certificate()), certificateIn(bundle)]
        // Whether an authority has issued it, and the log knows it, is judged by who verifies the release.
        if (theirs?.subjectAltName !== mine.subjectAltName)
          otherSigner(bundleName, theirs?.subjectAltName ?? 'a key', mine.subjectAltName ?? name)
        const over = signedBy(bundle, bundleName, data)
        if (!verify('sha256', over.data, theirs?.publicKey ?? mine.publicKey, over.signature))
          wrongSignature(bundleName, name)
      },
    },
    signMessage: data => made(() => message.create({data: Buffer.from(data)})),
    signStatement: statement =>
      made(() => envelope.create({data: statementBytes(statement), type: inTotoType})),
  }

  async function made(work: () => Promise<Parameters<typeof bundleToJSON>[0]>): Promise<Bundle> {
    const text = JSON.stringify(bundleToJSON(await attempt(work)))
    return readBundle(Buffer.from(text), 'the new bundle')
  }
}

/** What the library throws may hold the token: only its code and an HTTP status are told. */
async function attempt<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const {code, cause} = error as {code?: unknown; cause?: {statusCode?: unknown}}
    const status = typeof cause?.statusCode === 'number' ? `, HTTP ${cause.statusCode}` : ''
    fail(
      {
        code: 'W006',
        message: `signing by identity failed: ${typeof code === 'string' ? code : 'no answer'}${status}`,
        expected: 'an identity token of this CI run, and sigstore’s services in reach',
        hint: 'in GitHub Actions the job needs `permissions: id-token: write`; elsewhere give --sign-key',
      },
      3,
    )
  }
}

/** A key that nobody keeps. */
function throwawayKey(): SigstoreSigner {
  const {privateKey, publicKey} = generateKeyPairSync('ec', {namedCurve: 'P-256'})
  const pem = publicKey.export({format: 'pem', type: 'spki'}).toString()
  return {
    sign: async data => ({
      signature: sign('sha256', data, privateKey),
      key: {$case: 'publicKey', publicKey: pem},
    }),
  }
}

/** Asks for a certificate once for as long as it lasts: a release has hundreds of signatures. */
function reusing(authority: FulcioSigner, keyHolder: SigstoreSigner) {
  let current: Promise<{pem: string; x509: X509Certificate}> | undefined
  const issue = async () => {
    // The library has no other way to ask for a certificate than to sign something.
    const {key} = await authority.sign(Buffer.from('lockstep'))
    if (key.$case !== 'x509Certificate') throw new Error('a certificate was asked for')
    return {pem: key.certificate, x509: new X509Certificate(key.certificate)}
  }
  const valid = async () => {
    const found = await current?.catch(() => undefined)
    if (!found || found.x509.validToDate.getTime() - Date.now() < spare) current = issue()
    return current as ReturnType<typeof issue>
  }
  return {
    certificate: async () => (await valid()).x509,
    sign: async (data: Buffer) => {
      const {pem} = await valid()
      const {signature} = await keyHolder.sign(data)
      return {signature, key: {$case: 'x509Certificate' as const, certificate: pem}}
    },
  }
}

function certificateIn({verificationMaterial}: Bundle): X509Certificate | undefined {
  const {certificate} = verificationMaterial as {certificate?: {rawBytes?: unknown}}
  if (typeof certificate?.rawBytes !== 'string') return undefined
  return new X509Certificate(Buffer.from(certificate.rawBytes, 'base64'))
}
