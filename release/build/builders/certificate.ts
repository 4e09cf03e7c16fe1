import type {ModuleSigner} from '../../lib/signing/signer.ts'
import type {BuildContext, Builder} from '../context.ts'

/** The certificate as a release file, DER: what `mokutil --import` takes. */
export const buildCertificate: Builder<'certificate'> = async (recipe, _needed, artifact, context) => {
  const {certificate} = signerFor(recipe.sha256, context)
  const [name] = artifact.files as [string]
  return {files: {[name]: await context.store.put(certificate.der)}}
}

/** The signer that a plan asks for by its certificate. */
export function signerFor(sha256: string, {signer}: BuildContext): ModuleSigner {
  if (signer?.certificate.sha256 === sha256) return signer
  throw new Error(`the plan asks for signatures by ${sha256}, but that signer is not there`)
}
