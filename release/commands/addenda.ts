import {join} from 'node:path'
import {fail} from '#lib/diagnostics.ts'
import {type Addendum, addendumText, addendumType, readAddendum} from '../kernels/addendum.ts'
import {pushPacked} from '../lib/oci/copy.ts'
import {blobOf} from '../lib/oci/descriptor.ts'
import {packArtifact} from '../lib/oci/manifest.ts'
import type {Target} from '../lib/oci/target.ts'
import {ensureSigned} from '../publish/attest.ts'
import type {Signer} from '../trust/signer.ts'
import type {Context} from './command.ts'
import {shown} from './read-files.ts'

/** Where addenda are kept, from the checkout's root. */
const folder = 'matrix/addenda'

/** @throws K040 one of them is not as expected */
export async function readAddenda(root: string, context: Context): Promise<Addendum[]> {
  const names = (await context.files.list(join(root, folder))).filter(name => name.endsWith('.json'))
  return Promise.all(
    names.map(async name => {
      const path = join(root, folder, name)
      return readAddendum((await context.files.read(path)).toString(), shown(context, path))
    }),
  )
}

/** Writes an addendum beside the others; answers its path from the checkout's root. */
export async function writeAddendum(root: string, addendum: Addendum, {files}: Context): Promise<string> {
  const path = `${folder}/v${addendum.release}-${addendum.created.replace(/[-:]/g, '')}.json`
  await files.write(join(root, path), Buffer.from(addendumText(addendum)))
  return path
}

/**
 * Hangs a release's addenda onto it, as referrers of its OCI artifact; one that is there is not sent again.
 * @param repository the release's own artifact, by the product's name
 * @param signer signs each addendum, unless it has done so before
 * @throws C015 the release is not there
 */
export async function publishAddenda(
  target: Target,
  repository: string,
  version: string,
  addenda: readonly Addendum[],
  signer?: Signer,
): Promise<void> {
  const to = target.repository(repository)
  const subject = await to.resolve(`v${version}`)
  if (!subject) fail({code: 'C015', message: `${to.name} has no v${version}`})
  for (const addendum of addenda) {
    const layer = blobOf(addendumText(addendum), addendumType, {
      'org.opencontainers.image.title': `addendum-${addendum.created}.json`,
    })
    const annotations = {'org.opencontainers.image.created': addendum.created}
    const packed = packArtifact({artifactType: addendumType, layers: [layer], subject, annotations})
    await pushPacked(to, packed)
    if (signer) await ensureSigned(to, packed.descriptor, signer)
  }
}
