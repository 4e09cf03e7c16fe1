import {z} from 'zod'
import {fail} from '#lib/diagnostics.ts'
import {type Digest, hexOf} from '../lib/digest.ts'
import {parseJson} from '../lib/oci/manifest.ts'
import {canonicalJson} from '../plan/digest.ts'
import {type Bundle, inTotoType} from './bundle.ts'

export const predicates = {
  /** What `cosign sign` says of an image since version 3: that it is signed, and no more. */
  signature: 'https://sigstore.dev/cosign/sign/v1',
  provenance: 'https://slsa.dev/provenance/v1',
} as const

const statement = z.looseObject({
  _type: z.literal('https://in-toto.io/Statement/v1'),
  subject: z
    .array(z.looseObject({name: z.string().optional(), digest: z.record(z.string(), z.string())}))
    .min(1),
  predicateType: z.string(),
  predicate: z.unknown(),
})
/** https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md */
export type Statement = z.output<typeof statement>

export function statementOf(
  subjects: readonly {name?: string; digest: Digest}[],
  predicateType: string,
  predicate: unknown,
): Statement {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: subjects.map(({name, digest}) => ({...(name ? {name} : {}), digest: {sha256: hexOf(digest)}})),
    predicateType,
    predicate,
  }
}

/** That an image is signed, as `cosign verify` looks for it. */
export function signatureStatement(digest: Digest): Statement {
  return statementOf([{digest}], predicates.signature, {})
}

/** The same statement gives the same bytes. */
export function statementBytes(of: Statement): Buffer {
  return Buffer.from(canonicalJson(of))
}

/**
 * What a bundle states; says nothing about its signature.
 * @returns undefined when it signs a message
 * @throws W012 not an in-toto statement
 */
export function statementIn({dsseEnvelope}: Bundle, name: string): Statement | undefined {
  if (!dsseEnvelope) return undefined
  const {payload, payloadType} = dsseEnvelope
  const parsed = statement.safeParse(parseJson(Buffer.from(payload, 'base64'), name))
  if (payloadType === inTotoType && parsed.success) return parsed.data
  fail({
    code: 'W012',
    message: `${name} holds no in-toto statement`,
    expected: `a statement v1 in ${inTotoType}`,
  })
}

export function speaksOf({subject}: Statement, digest: Digest): boolean {
  return subject.some(s => s.digest.sha256 === hexOf(digest))
}
