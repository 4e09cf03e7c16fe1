import {type Diagnostic, DiagnosticError} from '#lib/diagnostics.ts'
import {type Digest, digestOf, hexOf, parseDigest} from '../lib/digest.ts'
import {forEachLimited} from '../lib/limit.ts'
import type {Repository, Target} from '../lib/oci/target.ts'
import {parseSums} from '../lib/sums.ts'
import {type Provenance, readProvenance} from '../trust/provenance.ts'
import {cyclonedxType, spdxType} from '../trust/sbom/index.ts'
import {predicates, speaksOf, statementIn} from '../trust/statement.ts'
import type {Verifier} from '../trust/verifier.ts'
import {provenanceBundle, readFileSignatures, type SignatureSet, sumsBundle} from './file-signatures.ts'
import {layersOf, type Referrers, readReferrers, trustedAmong, wrongSubject} from './referrers.ts'
import type {Digests} from './staged.ts'

/** Whose signatures must stand on a release, and which release it must be. */
export type Trusted = {verifier: Verifier; product: string; version: string}

export type TrustResult = {
  /** `repository@digest` whose signature, provenance and bills of materials are right. */
  signed: string[]
  problems: Diagnostic[]
}

/** An artifact whose signatures are looked at. */
type Expected = {id: string; repository: string; digest: Digest}

/**
 * Checks who vouches for a release: for every artifact a signature, a provenance that speaks of this artifact of this
 * version, and no bill of materials but those it names; then the signatures over SHA256SUMS. Collects problems.
 * @param digests the release's own list of its artifacts
 * @param sums SHA256SUMS as it was read
 */
export async function verifyTrust(
  target: Target,
  digests: Digests,
  sums: Uint8Array,
  trusted: Trusted,
): Promise<TrustResult> {
  const {product, version} = trusted
  const result: TrustResult = {signed: [], problems: []}
  const own = await target.repository(product).resolve(`v${version}`)
  const release = own && {id: 'release', repository: product, digest: own.digest}
  const artifacts = digests.artifacts.map(a => ({...a, digest: parseDigest(a.digest)}))
  await forEachLimited([...artifacts, ...(release ? [release] : [])], 4, async artifact => {
    const repository = target.repository(artifact.repository)
    const problems = await collected(() => artifactProblems(repository, artifact, trusted))
    if (problems.length === 0) result.signed.push(`${repository.name}@${artifact.digest}`)
    result.problems.push(...problems)
  })
  // An older release was signed in its time: a tag that was moved back to it has to be noticed.
  if (digests.version !== version)
    result.problems.push(wrongSubject(`v${version} of ${product}`, `version ${digests.version}`, version))
  if (release) result.problems.push(...(await collected(() => filesProblems(target, release, sums, trusted))))
  result.signed.sort()
  return isBare(result) ? {...result, problems: [unsigned(trusted)]} : result
}

/** Nothing of it is signed by whom we trust, and nothing else is wrong: a problem for each artifact would say no more. */
function isBare({signed, problems}: TrustResult): boolean {
  return signed.length === 0 && problems.length > 0 && problems.every(p => bareCodes.includes(p.code))
}

const bareCodes = ['W010', 'W030']

function unsigned({product, version, verifier}: Trusted): Diagnostic {
  return {
    code: 'W010',
    severity: 'error',
    message: `nothing of ${product} ${version} is signed by ${verifier.name}`,
    hint: missingHint,
  }
}

async function artifactProblems(
  repository: Repository,
  artifact: Expected,
  {verifier, product, version}: Trusted,
): Promise<Diagnostic[]> {
  const name = `${repository.name}@${artifact.digest}`
  const found = await readReferrers(repository, artifact.digest)
  const {statements, refused} = await trustedAmong(found, artifact.digest, verifier)
  const problems: Diagnostic[] = []
  if (!statements.some(s => s.predicateType === predicates.signature))
    problems.push(...missing('W010', `${name} has no signature by ${verifier.name}`, refused))
  const provenances = statements.flatMap(s => readProvenance(s) ?? [])
  const fitting = provenances.filter(p => speaksFor(p, product, version, artifact.id))
  if (fitting.length > 0) return [...problems, ...(await sbomProblems(repository, name, found, fitting))]
  const other = provenances[0]?.buildDefinition.externalParameters
  if (other) {
    const found = `${other.artifact} of ${other.product} ${other.version}`
    problems.push(wrongSubject(name, found, `${artifact.id} of ${product} ${version}`))
  } else if (problems.length === 0 || refused.length === 0)
    // Why no signature counts was told already.
    problems.push(...missing('W030', `${name} has no provenance by ${verifier.name}`, refused))
  return problems
}

function speaksFor(
  {buildDefinition: {externalParameters: told}}: Provenance,
  product: string,
  version: string,
  id: string,
): boolean {
  return told.product === product && told.version === version && told.artifact === id
}

/** Bills of materials are vouched for by the provenance: no other may hang there, and none may be missing. */
async function sbomProblems(
  repository: Repository,
  name: string,
  {listed}: Referrers,
  provenances: readonly Provenance[],
): Promise<Diagnostic[]> {
  const vouched = provenances.flatMap(p => p.runDetails.byproducts)
  const present = new Set<string>()
  const problems: Diagnostic[] = []
  for (const {digest, artifactType} of listed) {
    if (artifactType !== spdxType && artifactType !== cyclonedxType) continue
    for (const bytes of await layersOf(repository, digest, artifactType)) {
      const sum = hexOf(digestOf(bytes))
      present.add(sum)
      if (vouched.some(v => v.mediaType === artifactType && v.digest.sha256 === sum)) continue
      problems.push({
        code: 'W021',
        severity: 'error',
        message: `${name} carries a bill of materials (${artifactType}, sha256:${sum}) that nobody vouches for`,
        expected: vouched.map(v => `sha256:${v.digest.sha256}`).join(' or ') || 'none',
        hint: 'do not believe it; ask the registry’s operator who put it there',
      })
    }
  }
  for (const {name: file, digest} of vouched)
    if (!present.has(digest.sha256))
      problems.push({
        code: 'W020',
        severity: 'error',
        message: `${name} lacks ${file} (sha256:${digest.sha256}), of which its provenance speaks`,
        hint: 'publish the release again, or copy referrers with the image',
      })
  return problems
}

/** One set of signatures that holds is enough: whoever may push can hang others beside it. */
async function filesProblems(
  target: Target,
  release: Expected,
  sums: Uint8Array,
  {verifier}: Trusted,
): Promise<readonly Diagnostic[]> {
  const repository = target.repository(release.repository)
  const {sets, broken} = await readFileSignatures(repository, release.digest)
  let problems: readonly Diagnostic[] | undefined
  for (const set of sets) {
    const found = await collected(() => setProblems(repository.name, set, sums, verifier))
    if (found.length === 0) return []
    problems ??= found
  }
  return problems ?? missing('W010', `SHA256SUMS of ${repository.name} has no signature`, broken)
}

async function setProblems(
  name: string,
  set: SignatureSet,
  sums: Uint8Array,
  verifier: Verifier,
): Promise<readonly Diagnostic[]> {
  const signature = set.get(sumsBundle)
  if (!signature) return missing('W010', `SHA256SUMS of ${name} has no signature`, [])
  await verifier.check(signature, sumsBundle, sums)
  const provenance = set.get(provenanceBundle)
  if (!provenance) return missing('W030', `the files of ${name} have no provenance`, [])
  await verifier.check(provenance, provenanceBundle)
  const statement = statementIn(provenance, provenanceBundle)
  const listed = [...parseSums(Buffer.from(sums).toString())]
  return listed
    .filter(([, digest]) => !statement || !speaksOf(statement, digest))
    .map(([file, digest]) => wrongSubject(file, 'something else, by its provenance', digest))
}

/** Why signatures that are there do not count tells more than that one is missing. */
function missing(code: string, message: string, refused: readonly Diagnostic[]): readonly Diagnostic[] {
  if (refused.length > 0) return refused
  return [
    {
      code,
      severity: 'error',
      message,
      hint: missingHint,
    },
  ]
}

const missingHint = 'was it published with --sign-key? Publishing it again with the key adds what is missing'

async function collected(work: () => Promise<readonly Diagnostic[]>): Promise<readonly Diagnostic[]> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics
    throw error
  }
}
