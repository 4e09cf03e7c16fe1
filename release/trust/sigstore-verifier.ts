import {fail} from '#lib/diagnostics.ts'
import {parseJson} from '../lib/oci/manifest.ts'
import {otherSigner, type Verifier, wrongSignature} from './verifier.ts'

/** Whom a short-lived certificate must name: a workflow's URL or an address, as told by whom. */
export type Identity = {identity: string; issuer: string}

/**
 * Trusts what sigstore's services have vouched for: a certificate for an identity, and an entry in a public log that
 * tells when it was used. Works offline: all that is trusted stands in `trustedRoot`.
 * @param trustedRoot as `cosign trusted-root create` writes it (sigstore's TrustedRoot, JSON)
 * @param rootName the file, as messages call it
 * @throws W004 not a trusted root
 */
export async function sigstoreVerifier(
  {identity, issuer}: Identity,
  trustedRoot: Uint8Array,
  rootName: string,
): Promise<Verifier> {
  // Only who asks for it pays for loading it.
  const [{TrustedRoot}, {bundleFromJSON}, sigstore] = await Promise.all([
    import('@sigstore/protobuf-specs'),
    import('@sigstore/bundle'),
    import('@sigstore/verify'),
  ])
  const material = trustMaterial()
  const verifier = new sigstore.Verifier(material, {tlogThreshold: 1, ctlogThreshold: 1})
  const policy = {
    // Taken for a pattern by the library.
    subjectAlternativeName: new RegExp(`^${escaped(identity)}$`),
    extensions: {issuer},
  }
  return {
    name: `${identity} (${issuer})`,
    check: async (bundle, name, message) => {
      if (bundle.verificationMaterial.publicKey) otherSigner(name, 'a key', `a certificate of ${identity}`)
      try {
        const read = bundleFromJSON(bundle)
        verifier.verify(sigstore.toSignedEntity(read, message && Buffer.from(message)), policy)
      } catch (error) {
        refuse(error, name)
      }
    },
  }

  function trustMaterial() {
    try {
      const root = TrustedRoot.fromJSON(parseJson(trustedRoot, rootName))
      if (root.certificateAuthorities.length === 0) throw new Error('it names no authority')
      return sigstore.toTrustMaterial(root)
    } catch (cause) {
      fail(
        {
          code: 'W004',
          message: `${rootName} is no trusted root of sigstore`,
          hint: 'cosign trusted-root create --with-default-services --out trusted_root.json',
        },
        1,
        {cause},
      )
    }
  }

  function refuse(error: unknown, name: string): never {
    if (!(error instanceof Error)) throw error
    const told = [error.message, causeOf(error)?.message].filter(Boolean).join(': ')
    if (error instanceof sigstore.PolicyError) otherSigner(name, told.replace(/^.*, got /, ''), identity)
    const code = error instanceof sigstore.VerificationError ? error.code : undefined
    if (code === 'CERTIFICATE_ERROR' && /expired|not valid/.test(told))
      fail({
        code: 'W014',
        message: `the certificate of ${name} was not valid when it was used: ${told}`,
        hint: 'the time is the log’s: somebody signed with a certificate that had run out',
      })
    if (code?.startsWith('TLOG') || code === 'TIMESTAMP_ERROR')
      fail({
        code: 'W015',
        message: `the log does not vouch for ${name}: ${told}`,
        hint: 'a signature that is in no public log may have been made in secret: do not use what it is over',
      })
    if (code === 'CERTIFICATE_ERROR')
      fail({
        code: 'W016',
        message: `the certificate of ${name} is not trusted: ${told}`,
        hint: `is ${rootName} that of the sigstore instance which signed it?`,
      })
    wrongSignature(name, identity)
  }
}

function causeOf(error: Error): Error | undefined {
  return error.cause instanceof Error ? error.cause : undefined
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}
