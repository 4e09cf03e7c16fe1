import type {Digest} from '../lib/digest.ts'
import {isRecord, parseJson, parseManifest} from '../lib/oci/manifest.ts'
import type {Repository} from '../lib/oci/target.ts'
import {predicates} from '../trust/statement.ts'
import type {Verifier} from '../trust/verifier.ts'
import {layersOf, trustedStatements} from './referrers.ts'
import {yankType} from './released.ts'

/** What a referrer says of a release that was withdrawn. */
export type Withdrawal = {
  reason: string
  /** Signed by whom one trusts; without it, a claim of somebody who may push there. */
  signed: boolean
}

/**
 * Whether an artifact of a version was withdrawn; what is signed counts before what is only claimed.
 * @param verifier whom to trust; left out, everything is a claim
 */
export async function withdrawalOf(
  repository: Repository,
  digest: Digest,
  version: string,
  verifier: Verifier | undefined,
): Promise<Withdrawal | undefined> {
  let claim: Withdrawal | undefined
  for (const referrer of await repository.referrers(digest)) {
    if (referrer.artifactType !== yankType) continue
    const reason = await reasonIn(repository, referrer.digest, digest, version)
    if (reason === undefined) continue
    const stated = verifier && (await trustedStatements(repository, referrer.digest, verifier)).statements
    if (stated?.some(s => s.predicateType === predicates.signature)) return {reason, signed: true}
    claim ??= {reason, signed: false}
  }
  return claim
}

/** Undefined for a mark that is of another artifact or version, or of no form that we know. */
async function reasonIn(
  repository: Repository,
  mark: Digest,
  subject: Digest,
  version: string,
): Promise<string | undefined> {
  const stored = await repository.readManifest(mark)
  // The list of referrers is the registry's word; the mark itself names what it hangs on.
  if (!stored) return undefined
  if (parseManifest(stored.bytes, stored.descriptor.mediaType, mark).subject?.digest !== subject)
    return undefined
  const [bytes] = await layersOf(repository, mark, yankType)
  const said = bytes && parseJson(bytes, mark)
  if (!isRecord(said) || said.version !== version || typeof said.reason !== 'string') return undefined
  return said.reason
}
