import {z} from 'zod'
import {fail} from '#lib/diagnostics.ts'
import {parseJson} from '../lib/oci/manifest.ts'

/** A sigstore bundle, as a media type of blobs and as the artifactType of what carries one. */
export const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json'
/** What a DSSE envelope of ours always holds. */
export const inTotoType = 'application/vnd.in-toto+json'

const envelope = z.object({
  /** Base64. */
  payload: z.string(),
  payloadType: z.string(),
  signatures: z.array(z.object({sig: z.string(), keyid: z.string().optional()})).min(1),
})
const messageSignature = z.object({
  messageDigest: z.object({algorithm: z.string(), digest: z.string()}),
  /** Base64; for ECDSA the DER form. */
  signature: z.string(),
})
const bundle = z.looseObject({
  mediaType: z
    .string()
    .regex(/^application\/vnd\.dev\.sigstore\.bundle(?:\.v0\.3\+json|\+json;version=0\.[123])$/),
  /** A key's hint, or a certificate with its entries in a log. */
  verificationMaterial: z.looseObject({publicKey: z.object({hint: z.string().optional()}).optional()}),
  dsseEnvelope: envelope.optional(),
  messageSignature: messageSignature.optional(),
})

/**
 * A signature with all that is needed to check it, in the protobuf JSON form of
 * https://docs.sigstore.dev/about/bundle/: over a message, or over a statement in a DSSE envelope.
 */
export type Bundle = z.output<typeof bundle>
export type Envelope = z.output<typeof envelope>

/** @throws W012 not a bundle, or one with two contents or none */
export function readBundle(bytes: Uint8Array, name: string): Bundle {
  const parsed = bundle.safeParse(parseJson(bytes, name))
  const {dsseEnvelope, messageSignature} = parsed.data ?? {}
  if (parsed.success && (dsseEnvelope === undefined) !== (messageSignature === undefined)) return parsed.data
  fail({
    code: 'W012',
    message: `${name} is no sigstore bundle`,
    expected: 'a bundle of version 0.3 with a DSSE envelope or a message signature',
  })
}

export function bundleBytes(bundle: Bundle): Buffer {
  return Buffer.from(JSON.stringify(bundle))
}

/** The bytes that a DSSE signature is over (https://github.com/secure-systems-lab/dsse/blob/master/protocol.md). */
export function preAuthEncoding(type: string, payload: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `
  return Buffer.concat([Buffer.from(head), payload])
}
