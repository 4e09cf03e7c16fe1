import {verify, X509Certificate} from 'node:crypto'
import {fail} from '#lib/diagnostics.ts'
import {digestOf} from '../digest.ts'
import {hash, type SignatureAlgorithm, withSignature} from './module-signature.ts'

/** Signs kernel modules; the key stays where it is. */
export interface ModuleSigner {
  readonly certificate: SigningCertificate
  /**
   * The module with its signature appended.
   * @throws S010 the key can't be used, S011 it is not the certificate's
   */
  sign(module: Uint8Array): Promise<Buffer>
}

/** The public part: all that plans, images and release files know of a signature. */
export type SigningCertificate = {
  /** DER, as `mokutil --import` and the kernel take it. */
  der: Buffer
  /** Hex SHA-256 of the DER form: openssl's fingerprint without colons. */
  sha256: string
  algorithm: SignatureAlgorithm
  x509: X509Certificate
}

/** Whether two signatures of the same module by the same key have the same bytes. */
export function isDeterministic({algorithm}: Pick<SigningCertificate, 'algorithm'>): boolean {
  return algorithm === 'rsa'
}

/**
 * @param data PEM or DER
 * @throws S001 not a certificate, S002 of a kind of key that modules are not signed with
 */
export function readCertificate(data: Uint8Array, name: string): SigningCertificate {
  const x509 = parsed(data, name)
  const {asymmetricKeyType: type = 'none', asymmetricKeyDetails: details} = x509.publicKey
  const algorithm = algorithms[details?.namedCurve ?? type]
  if (!algorithm)
    fail({
      code: 'S002',
      message: `${name} is for a key of type ${details?.namedCurve ?? type}`,
      expected: 'an RSA key, or an EC key on P-256 or P-384',
    })
  return {der: x509.raw, sha256: digestOf(x509.raw).slice('sha256:'.length), algorithm, x509}
}

/** What kernels check, by the key's type or curve. */
const algorithms: Readonly<Record<string, SignatureAlgorithm>> = {
  rsa: 'rsa',
  prime256v1: 'ecdsa',
  secp384r1: 'ecdsa',
}

function parsed(data: Uint8Array, name: string): X509Certificate {
  try {
    return new X509Certificate(data)
  } catch (cause) {
    fail(
      {code: 'S001', message: `${name} is no certificate`, expected: 'an X.509 certificate, PEM or DER'},
      1,
      {cause},
    )
  }
}

/**
 * A signer from a way to make raw signatures. Each signature is checked against the certificate: a module that is
 * signed with another key would be refused only on the nodes.
 * @param raw signature over the SHA-256 of the data: PKCS #1 v1.5 for RSA, DER for ECDSA
 * @param name the key, as messages call it
 */
export function signerOf(
  certificate: SigningCertificate,
  raw: (data: Uint8Array) => Promise<Buffer>,
  name: string,
): ModuleSigner {
  const {x509, algorithm} = certificate
  return {
    certificate,
    sign: async module => {
      const signature = await raw(module)
      if (!verify(hash, module, x509.publicKey, signature))
        fail({
          code: 'S011',
          message: `${name} is not the key of the certificate ${x509.subject.replaceAll('\n', ', ')}`,
          hint: 'give the certificate that was made for this key',
        })
      return withSignature(module, signature, algorithm, x509)
    },
  }
}
