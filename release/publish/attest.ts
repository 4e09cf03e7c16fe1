import {digestOf} from '../lib/digest.ts'
import {pushPacked} from '../lib/oci/copy.ts'
import type {Descriptor} from '../lib/oci/descriptor.ts'
import type {Packed} from '../lib/oci/manifest.ts'
import type {Repository, Target} from '../lib/oci/target.ts'
import {type BuildSource, type Byproduct, provenanceOf, sameBuild} from '../trust/provenance.ts'
import {packBundle, packSbom} from '../trust/referrers.ts'
import {cyclonedxDocument, cyclonedxType, inventoryOf, spdxDocument, spdxType} from '../trust/sbom/index.ts'
import type {Signer} from '../trust/signer.ts'
import {predicates, type Statement, signatureStatement} from '../trust/statement.ts'
import {fileSignatures, titledLayer} from './file-signatures.ts'
import {readReferrers, trustedAmong, trustedStatements} from './referrers.ts'
import type {Staged, StagedArtifact} from './staged.ts'

/** What publishing needs for signing. */
export type Signing = {
  signer: Signer
  source: BuildSource
  /** Told of what was hung on each artifact, or was there. */
  attached?: (attachments: readonly Attachment[]) => void
}

/** Something that hangs on an artifact, or would. */
export type Attachment = {
  repository: string
  /** Of the artifact. */
  digest: string
  kind: 'spdx' | 'cyclonedx' | 'signature' | 'provenance' | 'file-signatures'
  action: 'push' | 'done'
}

/**
 * Hangs bills of materials, signature and provenance on a published artifact. Signatures differ each time, so it looks
 * first: what is there, sound and says the same is left alone, and a second run adds nothing.
 * @param act whether to push, or only to tell what would be
 */
export async function attest(
  staged: Staged,
  item: StagedArtifact,
  to: Target,
  {signer, source, attached}: Signing,
  act: boolean,
): Promise<Attachment[]> {
  const repository = to.repository(item.oci.repository)
  const {digest} = item.root
  const sboms = await sbomsOf(staged, item)
  const byproducts = sboms.map(s => s.byproduct)
  const found = await readReferrers(repository, digest)
  // Somebody else's signature, or a damaged one, is no reason not to add ours.
  const sound = (await trustedAmong(found, digest, signer.own)).statements
  const attachments: Attachment[] = []
  const ensure = async (kind: Attachment['kind'], there: boolean, pack: () => Promise<Packed>) => {
    if (!there && act) await pushPacked(repository, await pack())
    attachments.push({repository: repository.name, digest, kind, action: there ? 'done' : 'push'})
  }

  for (const {kind, packed} of sboms) await ensure(kind, listed(found.listed, packed), async () => packed)
  const sign = async (statement: Statement) =>
    packBundle(item.root, await signer.signStatement(statement), statement.predicateType)
  const signed = sound.some(s => s.predicateType === predicates.signature)
  await ensure('signature', signed, () => sign(signatureStatement(digest)))
  const name = `${staged.plan.registry}/${item.oci.repository}`
  const provenance = provenanceOf(staged.plan, item.artifact, [{name, digest}], source, byproducts)
  await ensure(
    'provenance',
    sound.some(s => sameBuild(s, provenance)),
    () => sign(provenance),
  )
  if (item.artifact.recipe.kind === 'release') {
    const files = await fileSignatures(staged, item, repository, {signer, source})
    await ensure('file-signatures', files.there !== undefined, files.pack)
  }
  attached?.(attachments)
  return attachments
}

/** Signs one artifact by its digest, unless this signer has done so before. */
export async function ensureSigned(
  repository: Repository,
  subject: Descriptor,
  signer: Signer,
): Promise<void> {
  const {statements} = await trustedStatements(repository, subject.digest, signer.own)
  if (statements.some(s => s.predicateType === predicates.signature)) return
  const bundle = await signer.signStatement(signatureStatement(subject.digest))
  await pushPacked(repository, packBundle(subject, bundle, predicates.signature))
}

type Sbom = {kind: 'spdx' | 'cyclonedx'; packed: Packed; byproduct: Byproduct}

/** The artifact's bills of materials; those of the whole release stand among its files. */
async function sbomsOf(staged: Staged, {artifact, oci, root}: StagedArtifact): Promise<Sbom[]> {
  const {plan} = staged
  const texts =
    artifact.recipe.kind === 'release'
      ? await releaseSboms(staged)
      : (() => {
          const inventory = inventoryOf(plan, artifact, {digest: root.digest})
          return {spdx: spdxDocument(inventory, plan), cyclonedx: cyclonedxDocument(inventory, plan)}
        })()
  const base = oci.repository.split('/').at(-1) ?? oci.repository
  const sbom = (kind: Sbom['kind'], mediaType: string, ending: string): Sbom => {
    const name = `${base}.${ending}.json`
    const digest = digestOf(texts[kind])
    return {kind, packed: packSbom(root, mediaType, texts[kind], name), byproduct: {name, mediaType, digest}}
  }
  return [sbom('spdx', spdxType, 'spdx'), sbom('cyclonedx', cyclonedxType, 'cdx')]
}

async function releaseSboms({plan, layout, artifacts}: Staged): Promise<Record<Sbom['kind'], string>> {
  const release = artifacts.find(a => a.artifact.recipe.kind === 'release')
  if (!release) throw new Error('a release without its own artifact')
  const repository = layout.repository(release.oci.repository)
  const text = async (ending: string) => {
    const name = `${plan.product}-v${plan.version}.${ending}.json`
    return (await titledLayer(repository, release.root, name)).toString()
  }
  return {spdx: await text('spdx'), cyclonedx: await text('cdx')}
}

function listed(there: readonly Descriptor[], {descriptor}: Packed): boolean {
  return there.some(d => d.digest === descriptor.digest)
}
