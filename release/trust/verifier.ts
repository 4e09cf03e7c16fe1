import {createPublicKey, type KeyObject, verify} from 'node:crypto'
import {fail} from '#lib/diagnostics.ts'
import {digestOf, hexOf} from '../lib/digest.ts'
import {type Bundle, preAuthEncoding} from './bundle.ts'

/** Says whose signatures are trusted. */
export interface Verifier {
  /** How messages call whom it trusts. */
  readonly name: string
  /**
   * Checks the signature of a bundle, whatever it is over.
   * @param message what a message signature must be over; a statement carries its own text
   * @param name the bundle, as messages call it
   * @throws W011 the signature does not fit, W013 it is somebody else's, W014 its certificate was not valid when it
   *   was made, W015 the log does not know it
   */
  check(bundle: Bundle, name: string, message?: Uint8Array): Promise<void>
}

/** Trusts one key, named by its public half. */
export function keyVerifier(key: KeyObject, keyName: string): Verifier {
  const own = Buffer.from(hexOf(digestOf(key.export({type: 'spki', format: 'der'}))), 'hex').toString(
    'base64',
  )
  return {
    name: keyName,
    check: async (bundle, name, message) => {
      const {publicKey} = bundle.verificationMaterial
      if (!publicKey) otherSigner(name, 'a certificate', keyName)
      if (publicKey.hint && publicKey.hint !== own) otherSigner(name, `the key ${publicKey.hint}`, keyName)
      const {data, signature} = signedBy(bundle, name, message)
      if (!verify('sha256', data, key, signature)) wrongSignature(name, keyName)
    },
  }
}

/** @throws W001 not a public key */
export function readPublicKey(pem: Uint8Array, name: string): KeyObject {
  try {
    return createPublicKey(Buffer.from(pem))
  } catch {
    fail({
      code: 'W001',
      message: `${name} can't be read as a public key`,
      expected: 'a public key or certificate, PEM',
      hint: 'openssl pkey -in release.key -pubout -out release.pub',
    })
  }
}

/** What the bundle's signature must be over. */
export function signedBy(
  {dsseEnvelope, messageSignature}: Bundle,
  name: string,
  message?: Uint8Array,
): {data: Uint8Array; signature: Buffer} {
  const [first] = dsseEnvelope?.signatures ?? []
  if (dsseEnvelope && first) {
    const payload = Buffer.from(dsseEnvelope.payload, 'base64')
    return {
      data: preAuthEncoding(dsseEnvelope.payloadType, payload),
      signature: Buffer.from(first.sig, 'base64'),
    }
  }
  if (!messageSignature || !message) fail({code: 'W012', message: `${name} signs nothing that is here`})
  return {data: message, signature: Buffer.from(messageSignature.signature, 'base64')}
}

export function otherSigner(name: string, by: string, expected: string): never {
  fail({
    code: 'W013',
    message: `${name} is signed by ${by}`,
    expected,
    hint: 'get the maintainers’ key or identity from a place that you trust, not from the registry',
  })
}

export function wrongSignature(name: string, by: string): never {
  fail({
    code: 'W011',
    message: `the signature of ${name} does not fit what it is over`,
    expected: `a signature by ${by}`,
    hint: 'it was changed after it was signed: do not use what it speaks of',
  })
}
