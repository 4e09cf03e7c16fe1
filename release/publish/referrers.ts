import {type Diagnostic, DiagnosticError} from '#lib/diagnostics.ts'
import {collect} from '../lib/bytes.ts'
import {type Digest, hexOf} from '../lib/digest.ts'
import {type Descriptor, mediaTypes} from '../lib/oci/descriptor.ts'
import {parseManifest} from '../lib/oci/manifest.ts'
import type {Repository} from '../lib/oci/target.ts'
import {type Bundle, bundleType, readBundle} from '../trust/bundle.ts'
import {type Statement, speaksOf, statementIn} from '../trust/statement.ts'
import type {Verifier} from '../trust/verifier.ts'

/** What hangs on an artifact. */
export type Referrers = {
  listed: Descriptor[]
  bundles: {bundle: Bundle; name: string}[]
  /** Bundles that can't be read: whoever may push can add such, so they are only told of when none is good. */
  broken: Diagnostic[]
}

/** Lists an artifact's referrers and reads those that are signatures. */
export async function readReferrers(repository: Repository, digest: Digest): Promise<Referrers> {
  const listed = await Promise.all((await repository.referrers(digest)).map(one => typed(repository, one)))
  const found: Referrers = {listed, bundles: [], broken: []}
  for (const referrer of found.listed) {
    if (referrer.artifactType !== bundleType) continue
    try {
      const name = `${repository.name}@${referrer.digest}`
      for (const bytes of await layersOf(repository, referrer.digest, bundleType))
        found.bundles.push({bundle: readBundle(bytes, name), name})
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error
      found.broken.push(...error.diagnostics)
    }
  }
  return found
}

/** cosign lists what it has pushed under the type of its empty config: only the manifest itself tells. */
async function typed(repository: Repository, listed: Descriptor): Promise<Descriptor> {
  if (listed.artifactType && listed.artifactType !== mediaTypes.empty) return listed
  const stored = await repository.readManifest(listed.digest)
  if (!stored) return listed
  const name = `${repository.name}@${listed.digest}`
  const {artifactType} = parseManifest(stored.bytes, stored.descriptor.mediaType, name)
  return artifactType ? {...listed, artifactType} : listed
}

/** The layers of one type of an artifact, each checked against its digest. */
export async function layersOf(repository: Repository, digest: Digest, mediaType: string): Promise<Buffer[]> {
  const stored = await repository.readManifest(digest)
  if (!stored) return []
  const name = `${repository.name}@${digest}`
  const {layers} = parseManifest(stored.bytes, stored.descriptor.mediaType, name)
  const wanted = layers.filter(l => l.mediaType === mediaType)
  return Promise.all(wanted.map(layer => collect(repository.readBlob(layer).open())))
}

/** What whom one trusts has stated about an artifact, and why other signatures do not count. */
export async function trustedStatements(
  repository: Repository,
  digest: Digest,
  verifier: Verifier,
): Promise<{statements: Statement[]; refused: Diagnostic[]}> {
  return trustedAmong(await readReferrers(repository, digest), digest, verifier)
}

/** The same of referrers that were read already. */
export async function trustedAmong(
  {bundles, broken}: Referrers,
  digest: Digest,
  verifier: Verifier,
): Promise<{statements: Statement[]; refused: Diagnostic[]}> {
  const statements: Statement[] = []
  const refused: Diagnostic[] = [...broken]
  for (const {bundle, name} of bundles) {
    try {
      await verifier.check(bundle, name)
      const statement = statementIn(bundle, name)
      if (statement && speaksOf(statement, digest)) statements.push(statement)
      else
        refused.push(wrongSubject(name, statement?.subject[0]?.digest.sha256 ?? 'a message', hexOf(digest)))
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error
      refused.push(...error.diagnostics)
    }
  }
  return {statements, refused}
}

/** W017: a sound signature of something else. */
export function wrongSubject(name: string, found: string, expected: string): Diagnostic {
  return {
    code: 'W017',
    severity: 'error',
    message: `${name} is signed as ${found}`,
    expected,
    hint: 'a signature of something else was hung here, or a tag was moved to another release',
  }
}
