import type {X509Certificate} from 'node:crypto'
import {der, elements, oid, tags} from './der.ts'

/** What the kernel reads backwards from a module's end (kernel/module/signing.c). */
const magic = Buffer.from('~Module signature appended~\n')
/** struct module_signature: algorithm, hash, type, two lengths, three bytes of nothing, length of the signature. */
const infoSize = 12
/** PKEY_ID_PKCS7 (include/linux/module_signature.h); all else in the structure is then 0. */
const pkcs7 = 2

/**
 * Every kernel that takes signed modules has SHA-256 built in; others may be modules themselves, that can't be
 * loaded before they are checked.
 */
export const hash = 'sha256'

const oids = {
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  sha256: '2.16.840.1.101.3.4.2.1',
  rsa: '1.2.840.113549.1.1.1',
  ecdsaSha256: '1.2.840.10045.4.3.2',
}

export type SignatureAlgorithm = 'rsa' | 'ecdsa'

/** The module with its signature appended, byte by byte what the kernel's `scripts/sign-file` makes of it. */
export function withSignature(
  module: Uint8Array,
  signature: Uint8Array,
  algorithm: SignatureAlgorithm,
  certificate: X509Certificate,
): Buffer {
  const message = signedData(signature, algorithm, certificate)
  const info = Buffer.alloc(infoSize)
  info[2] = pkcs7
  info.writeUInt32BE(message.length, 8)
  return Buffer.concat([module, message, info, magic])
}

/** A signed module's parts, undefined when it has no signature. */
export function splitSignature(data: Buffer): {module: Buffer; message: Buffer} | undefined {
  const end = data.length - magic.length - infoSize
  if (end < 0 || !data.subarray(-magic.length).equals(magic)) return undefined
  const start = end - data.readUInt32BE(end + 8)
  return start < 0 ? undefined : {module: data.subarray(0, start), message: data.subarray(start, end)}
}

/** CMS SignedData (RFC 5652) over data that lie elsewhere, without attributes and certificates. */
function signedData(
  signature: Uint8Array,
  algorithm: SignatureAlgorithm,
  certificate: X509Certificate,
): Buffer {
  const one = der(tags.integer, Buffer.from([1]))
  const digest = der(tags.sequence, oid(oids.sha256))
  const signed =
    algorithm === 'rsa'
      ? der(tags.sequence, oid(oids.rsa), der(tags.nothing))
      : der(tags.sequence, oid(oids.ecdsaSha256))
  const {issuer, serial} = namesOf(certificate)
  const signer = der(
    tags.sequence,
    one,
    der(tags.sequence, issuer, serial),
    digest,
    signed,
    der(tags.octets, signature),
  )
  const data = der(
    tags.sequence,
    one,
    der(tags.set, digest),
    der(tags.sequence, oid(oids.data)),
    der(tags.set, signer),
  )
  return der(tags.sequence, oid(oids.signedData), der(tags.zero, data))
}

/** By these two the kernel finds the certificate in its keyring (RFC 5280 section 4.1: after an optional version). */
function namesOf({raw}: X509Certificate): {issuer: Buffer; serial: Buffer} {
  const [certificate] = elements(raw)
  const [body] = elements(certificate?.content ?? raw)
  const fields = [...elements(body?.content ?? raw)].filter(({tag}) => tag !== tags.zero)
  const [serial, , issuer] = fields
  if (!serial || !issuer) throw new Error('a certificate without issuer')
  return {issuer: issuer.whole, serial: serial.whole}
}
