import {createPrivateKey, createPublicKey, type KeyObject, sign, verify} from 'node:crypto'
import {fail} from '#lib/diagnostics.ts'
import {digestOf, hexOf} from '../lib/digest.ts'
import {type Bundle, bundleType, inTotoType, preAuthEncoding} from './bundle.ts'
import {type Statement, statementBytes} from './statement.ts'
import {keyVerifier, type Verifier} from './verifier.ts'

/** Makes signatures as bundles; where the key lies is its own matter. */
export interface Signer {
  /** How messages call it. */
  readonly name: string
  /** Accepts what this signer has signed before. */
  readonly own: Verifier
  signMessage(data: Uint8Array): Promise<Bundle>
  signStatement(statement: Statement): Promise<Bundle>
}

/** Makes raw signatures: ECDSA with SHA-256 over the data, DER. */
export type RawSign = (data: Uint8Array) => Promise<Buffer>

/**
 * Signs with a key that consumers have the public half of; asks nobody, so it works offline.
 * @param name the key, as messages call it
 * @throws W002 not a key on P-256
 */
export function keySigner(raw: RawSign, publicKey: KeyObject, name: string): Signer {
  if (publicKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    fail({
      code: 'W002',
      message: `${name} is of type ${publicKey.asymmetricKeyDetails?.namedCurve ?? publicKey.asymmetricKeyType}`,
      expected: 'an EC key on P-256, which is what all tools of sigstore take',
      hint: 'openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out release.key',
    })
  const verificationMaterial = {publicKey: {hint: keyHint(publicKey)}}
  const checked = async (data: Uint8Array): Promise<string> => {
    const signature = await raw(data)
    if (!verify('sha256', data, publicKey, signature))
      fail({code: 'W003', message: `what ${name} has signed does not fit its public key`})
    return signature.toString('base64')
  }
  return {
    name,
    own: keyVerifier(publicKey, name),
    signMessage: async data => ({
      mediaType: bundleType,
      verificationMaterial,
      messageSignature: {
        messageDigest: {
          algorithm: 'SHA2_256',
          digest: Buffer.from(hexOf(digestOf(data)), 'hex').toString('base64'),
        },
        signature: await checked(data),
      },
    }),
    signStatement: async statement => {
      const payload = statementBytes(statement)
      const sig = await checked(preAuthEncoding(inTotoType, payload))
      return {
        mediaType: bundleType,
        verificationMaterial,
        dsseEnvelope: {payload: payload.toString('base64'), payloadType: inTotoType, signatures: [{sig}]},
      }
    },
  }
}

/**
 * A signer from a private key in PEM form.
 * @param name the file, as messages call it; nothing of its content is ever told
 * @throws W001 it can't be read, W002 not a key on P-256
 */
export function keyFileSigner(pem: Uint8Array, name: string, passphrase: string | undefined): Signer {
  const key = readPrivateKey(pem, name, passphrase)
  return keySigner(async data => sign('sha256', data, key), createPublicKey(key), name)
}

/** As cosign computes it: base64 of the SHA-256 of the key's DER form. */
export function keyHint(key: KeyObject): string {
  const der = key.export({type: 'spki', format: 'der'})
  return Buffer.from(hexOf(digestOf(der)), 'hex').toString('base64')
}

function readPrivateKey(pem: Uint8Array, name: string, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey({key: Buffer.from(pem), ...(passphrase === undefined ? {} : {passphrase})})
  } catch {
    // The cause might quote what it has read.
    fail({
      code: 'W001',
      message: `${name} can't be read as a private key`,
      expected: 'a private key, PEM',
      hint: 'the passphrase of an encrypted key is taken from COSIGN_PASSWORD; a key of `cosign generate-key-pair` has a form of its own, which other programs do not read',
    })
  }
}
