import {type Diagnostic, DiagnosticError, fail} from '#lib/diagnostics.ts'
import {collect} from '../lib/bytes.ts'
import type {Descriptor} from '../lib/oci/descriptor.ts'
import {type Packed, parseManifest} from '../lib/oci/manifest.ts'
import type {Repository} from '../lib/oci/target.ts'
import {parseSums} from '../lib/sums.ts'
import {type Bundle, bundleType, readBundle} from '../trust/bundle.ts'
import {type BuildSource, provenanceOf, sameBuild} from '../trust/provenance.ts'
import {fileSignaturesType, packFileSignatures} from '../trust/referrers.ts'
import type {Signer} from '../trust/signer.ts'
import {statementIn} from '../trust/statement.ts'
import type {Staged, StagedArtifact} from './staged.ts'

/** Names of the signatures over release files, as they are downloaded. */
export const sumsBundle = 'SHA256SUMS.sigstore.json'
export const provenanceBundle = 'provenance.sigstore.json'

/** Bundles by their names, of one signer. */
export type SignatureSet = ReadonlyMap<string, Bundle>

/** What hangs on a release's own artifact as signatures over its files, whoever has hung it there. */
export type FileSignatures = {
  sets: SignatureSet[]
  /** What can't be read: whoever may push can add such, so it is only told of when nothing is good. */
  broken: Diagnostic[]
}

export async function readFileSignatures(
  repository: Repository,
  digest: Descriptor['digest'],
): Promise<FileSignatures> {
  const found: FileSignatures = {sets: [], broken: []}
  for (const {digest: own, artifactType} of await repository.referrers(digest)) {
    if (artifactType !== fileSignaturesType) continue
    try {
      found.sets.push(await readSet(repository, own))
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error
      found.broken.push(...error.diagnostics)
    }
  }
  return found
}

async function readSet(repository: Repository, digest: Descriptor['digest']): Promise<SignatureSet> {
  const stored = await repository.readManifest(digest)
  const layers = stored
    ? parseManifest(stored.bytes, stored.descriptor.mediaType, repository.name).layers
    : []
  const set = new Map<string, Bundle>()
  for (const layer of layers) {
    const name = layer.annotations?.['org.opencontainers.image.title'] ?? ''
    if (layer.mediaType === bundleType)
      set.set(name, readBundle(await collect(repository.readBlob(layer).open()), name))
  }
  return set
}

type By = {signer: Signer; source: BuildSource}

/**
 * The signature over SHA256SUMS, and the provenance of every file that it lists.
 * @returns `there`: the set of this signer that says the same; `pack`: makes one
 */
export async function fileSignatures(
  staged: Staged,
  {artifact, root, oci}: StagedArtifact,
  repository: Repository,
  {signer, source}: By,
): Promise<{there: SignatureSet | undefined; pack: () => Promise<Packed>}> {
  const sums = await titledLayer(staged.layout.repository(oci.repository), root, 'SHA256SUMS')
  const subjects = [...parseSums(sums.toString())].map(([name, digest]) => ({name, digest}))
  const provenance = provenanceOf(staged.plan, artifact, subjects, source, [])
  const isOurs = async (set: SignatureSet): Promise<boolean> => {
    const [signed, stated] = [set.get(sumsBundle), set.get(provenanceBundle)]
    if (!signed || !stated) return false
    try {
      await signer.own.check(signed, sumsBundle, sums)
      await signer.own.check(stated, provenanceBundle)
      const statement = statementIn(stated, provenanceBundle)
      return statement !== undefined && sameBuild(statement, provenance)
    } catch (error) {
      // Somebody else's, or a damaged one, is no reason not to add ours.
      if (error instanceof DiagnosticError) return false
      throw error
    }
  }
  const {sets} = await readFileSignatures(repository, root.digest)
  let there: SignatureSet | undefined
  for (const set of sets) there ??= (await isOurs(set)) ? set : undefined
  return {
    there,
    pack: async () =>
      packFileSignatures(
        root,
        new Map([
          [sumsBundle, await signer.signMessage(sums)],
          [provenanceBundle, await signer.signStatement(provenance)],
        ]),
      ),
  }
}

/** A release file out of the release's own artifact. @throws P035 it is not in there */
export async function titledLayer(repository: Repository, root: Descriptor, name: string): Promise<Buffer> {
  const found = await repository.readManifest(root.digest)
  const layers = found ? parseManifest(found.bytes, root.mediaType, repository.name).layers : []
  const layer = layers.find(l => l.annotations?.['org.opencontainers.image.title'] === name)
  if (layer) return collect(repository.readBlob(layer).open())
  fail({
    code: 'P035',
    message: `${repository.name} lacks ${name}`,
    hint: 'run `./lockstep release build` again',
  })
}
