import semver from 'semver'
import {type Diagnostic, DiagnosticError, fail} from '#lib/diagnostics.ts'
import {collect} from '../lib/bytes.ts'
import {type Digest, digestOf, hexOf, isDigest} from '../lib/digest.ts'
import {copyTree} from '../lib/oci/copy.ts'
import {blobOf, type Descriptor} from '../lib/oci/descriptor.ts'
import {type Packed, packArtifact, parseManifest} from '../lib/oci/manifest.ts'
import type {Repository} from '../lib/oci/target.ts'
import {type Channel, channelOf} from '../plan/tags.ts'
import {bundleType} from '../trust/bundle.ts'
import {predicates} from '../trust/statement.ts'
import type {Verifier} from '../trust/verifier.ts'
import {trustedStatements} from './referrers.ts'

/** A matrix as an OCI artifact of its own, whose cadence is that of facts and not of releases. */
export const matrixType = 'application/vnd.lockstep.matrix.v1+yaml'

const annotation = {
  title: 'org.opencontainers.image.title',
  version: 'org.opencontainers.image.version',
  created: 'org.opencontainers.image.created',
  source: 'org.opencontainers.image.source',
}

/** A state of the matrix. */
export type Revision = {
  product: string
  /** The product's repository, a URL. */
  source: string
  /** The release that it speaks of as its own. */
  version: string
  /** When its text last changed, RFC 3339, UTC, whole seconds. */
  created: string
  text: Uint8Array
}

/** The repository beside the product's own, `mock-device-matrix`. */
export function matrixRepository(product: string): string {
  return `${product}-matrix`
}

/** The same bytes for the same revision, whoever packs it. */
export function packMatrix({product, source, version, created, text}: Revision): Packed {
  const layer = blobOf(text, matrixType, {[annotation.title]: `${product}.yaml`})
  return packArtifact({
    artifactType: matrixType,
    layers: [layer],
    annotations: {[annotation.version]: version, [annotation.created]: created, [annotation.source]: source},
  })
}

/** `20261121.3f2a9c1e`: the day and the text, for ever; `stable`: the newest of its channel. */
export function matrixTags({version, created, text}: Revision): {tag: string; floating: Channel} {
  const day = created.slice(0, 10).replaceAll('-', '')
  return {tag: `${day}.${hexOf(digestOf(text)).slice(0, 8)}`, floating: channelOf(version)}
}

/**
 * Whether the floating tag may go on to a revision: forward by the release, then by the day, so that an older branch that
 * is still mended does not take it back. What is no matrix may be replaced.
 */
export async function isForward(
  repository: Repository,
  there: Descriptor,
  {version, created}: Revision,
): Promise<boolean> {
  const stored = await repository.readManifest(there.digest)
  if (!stored) return true
  const {annotations} = parseManifest(stored.bytes, stored.descriptor.mediaType, there.digest)
  const theirs = semver.valid(annotations[annotation.version])
  if (!theirs) return true
  const order = semver.compare(version, theirs)
  return order !== 0 ? order > 0 : created > (annotations[annotation.created] ?? '')
}

/** `oci://HOST/REPO@sha256:…` or `oci://HOST/REPO:TAG`, taken apart. */
export type MatrixReference = {registry: string; repository: string; reference: string}

export function isMatrixReference(text: string): boolean {
  return text.startsWith('oci://')
}

/** @throws P041 it names no artifact */
export function parseMatrixReference(text: string): MatrixReference {
  const [, registry, repository, tag, digest] =
    /^oci:\/\/([^/@]+(?:\/[^/@:]+)*)\/([^/@:]+)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(
      text,
    ) ?? []
  const reference = digest ?? tag
  if (registry && repository && reference) return {registry, repository, reference}
  fail(
    {
      code: 'P041',
      message: `${JSON.stringify(text)} names no matrix`,
      expected:
        'oci://HOST/REPOSITORY@sha256:…, or with a tag instead of the digest: oci://HOST/REPOSITORY:stable',
    },
    2,
  )
}

/** A matrix that was fetched, and the digest by which it can be asked for again. */
export type Fetched = {text: Buffer; digest: Digest}

/**
 * A published matrix, from the cache when it is asked for by a digest that is there: offline from then on. A tag is
 * looked up each time.
 * @param cache keeps manifests, texts and signatures by digest
 * @param verifier whom to trust; left out, the digest is all that vouches for it
 * @throws O002 it is not there, P042 it is something else, W010 to W017 it is not signed by whom one trusts
 */
export async function fetchMatrix(
  reference: string,
  from: Repository,
  cache: Repository,
  verifier?: Verifier,
): Promise<Fetched> {
  const digest = isDigest(reference) ? reference : (await resolved(from, reference)).digest
  const root = await cache.resolve(digest)
  if (!root || !(await cache.holds(root))) await copyTree(from, digest, cache)
  if (verifier) await refuseUnsigned(digest, from, cache, verifier)
  const name = `${from.name}@${digest}`
  const stored = await cache.readManifest(digest)
  const manifest = stored && parseManifest(stored.bytes, stored.descriptor.mediaType, name)
  const layer = manifest?.layers.find(l => l.mediaType === matrixType)
  if (manifest?.artifactType === matrixType && layer)
    return {text: await collect(cache.readBlob(layer).open()), digest}
  fail({
    code: 'P042',
    message: `${name} is ${manifest?.artifactType ?? 'something else'}`,
    expected: matrixType,
    hint: '`lockstep matrix publish` makes such artifacts',
  })
}

async function resolved(from: Repository, tag: string): Promise<Descriptor> {
  const there = await from.resolve(tag)
  if (there) return there
  fail({code: 'O002', message: `${from.name} has no ${tag}`, hint: 'ask for another tag, or for a digest'})
}

/** Signatures are taken from the cache; only when none there is right, the registry is asked for others. */
async function refuseUnsigned(
  digest: Digest,
  from: Repository,
  cache: Repository,
  verifier: Verifier,
): Promise<void> {
  const isSigned = async () => {
    const {statements, refused} = await trustedStatements(cache, digest, verifier)
    return {signed: statements.some(s => s.predicateType === predicates.signature), refused}
  }
  if ((await isSigned()).signed) return
  for (const referrer of await from.referrers(digest))
    if (referrer.artifactType === bundleType) await copyTree(from, referrer.digest, cache)
  const {signed, refused} = await isSigned()
  if (signed) return
  if (refused.length > 0) throw new DiagnosticError(refused)
  throw new DiagnosticError([unsigned(`${from.name}@${digest}`, verifier)])
}

function unsigned(name: string, verifier: Verifier): Diagnostic {
  return {
    code: 'W010',
    severity: 'error',
    message: `${name} has no signature by ${verifier.name}`,
    hint: 'ask the maintainers; without --key or --identity the digest alone counts',
  }
}
