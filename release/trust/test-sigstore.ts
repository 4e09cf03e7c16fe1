/**
 * A stand-in for sigstore's services on the loopback, of sigstore's own mock: a certificate authority, its
 * certificate log, and a signature log. It checks the shape of requests as far as it needs it for its answers; what it
 * does not prove is that the public instance takes them, and how that treats tokens and limits requests.
 */
import {createHash, generateKeyPairSync, hash} from 'node:crypto'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {fulcioHandler, initializeCA, initializeCTLog, initializeTLog, rekorHandler} from '@sigstore/mock'
import {HashAlgorithm, PublicKeyDetails, TrustedRoot} from '@sigstore/protobuf-specs'

export type TestSigstore = {
  url: string
  /** `METHOD /path body` of every request. */
  requests: string[]
  /** The file that verifiers trust. */
  trustedRoot: Buffer
  close(): Promise<void>
}

/** @param issued when certificates seem to be issued, @param logged when the log seems to take entries */
export async function startSigstore({
  issued,
  logged,
}: {
  issued?: Date
  logged?: Date
} = {}): Promise<TestSigstore> {
  const pair = () => generateKeyPairSync('ec', {namedCurve: 'P-256'})
  const certificates = await initializeCTLog(pair())
  const authority = await initializeCA(pair(), certificates, issued)
  const log = await initializeTLog('http://127.0.0.1', pair(), logged)
  const handlers = [fulcioHandler(authority, {strict: true}), rekorHandler(log, {strict: true})]
  const requests: string[] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', part => parts.push(part))
    request.on('end', async () => {
      const body = Buffer.concat(parts).toString()
      requests.push(`${request.method} ${request.url} ${body}`)
      const handler = handlers.find(h => h.path === request.url && request.method === 'POST')
      const answer = handler ? await handler.fn(asLogged(body)) : {statusCode: 404, response: ''}
      response.writeHead(answer.statusCode, {'content-type': answer.contentType ?? 'text/plain'})
      response.end(answer.response)
    })
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const {port} = server.address() as AddressInfo
  const since = {start: new Date(Date.now() - 24 * 3_600_000)}
  const key = (rawBytes: Buffer) => ({
    rawBytes,
    keyDetails: PublicKeyDetails.PKIX_ECDSA_P256_SHA_256,
    validFor: since,
  })
  const logOf = (publicKey: Buffer, keyId: Buffer) => ({
    baseUrl: 'http://127.0.0.1',
    hashAlgorithm: HashAlgorithm.SHA2_256,
    publicKey: key(publicKey),
    logId: {keyId},
    checkpointKeyId: undefined,
    operator: '',
  })
  const root = TrustedRoot.toJSON({
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [logOf(log.publicKey, createHash('sha256').update(log.publicKey).digest())],
    certificateAuthorities: [
      {
        subject: {commonName: 'sigstore', organization: 'sigstore.mock'},
        uri: '',
        certChain: {certificates: [{rawBytes: bytesOf(authority.rootCertificate)}]},
        validFor: since,
        operator: '',
      },
    ],
    ctlogs: [logOf(certificates.publicKey, bytesOf(certificates.logID))],
    timestampAuthorities: [],
  })
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    trustedRoot: Buffer.from(JSON.stringify(root)),
    close: () => new Promise(done => server.close(() => done())),
  }
}

/** The real log keeps digests and signatures of an envelope that is proposed, not the envelope; the mock keeps all. */
function asLogged(body: string): string {
  const proposed = JSON.parse(body)
  if (proposed.kind !== 'dsse') return body
  const {envelope, verifiers} = proposed.spec.proposedContent
  const {payload, signatures} = JSON.parse(envelope)
  const sum = (data: Buffer | string) => ({algorithm: 'sha256', value: hash('sha256', data, 'hex')})
  const spec = {
    envelopeHash: sum(envelope),
    payloadHash: sum(Buffer.from(payload, 'base64')),
    signatures: signatures.map((s: {sig: string}, i: number) => ({signature: s.sig, verifier: verifiers[i]})),
  }
  return JSON.stringify({...proposed, spec})
}

function bytesOf(view: ArrayBufferView<ArrayBuffer>): Buffer {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength)
}

/** An OIDC token in all but its signature, as GitHub gives one to a workflow. */
export function testToken(claims: Record<string, string>): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({alg: 'RS256'})}.${part(claims)}.${Buffer.from('planted-signature').toString('base64url')}`
}
