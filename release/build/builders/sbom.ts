import type {Digest} from '../../lib/digest.ts'
import {gzip} from '../../lib/gzip.ts'
import {type TarEntry, tar} from '../../lib/tar.ts'
import {
  cyclonedxDocument,
  type Inventory,
  inventoryOf,
  type Made,
  releaseInventory,
  spdxDocument,
} from '../../trust/sbom/index.ts'
import type {Builder} from '../context.ts'
import type {Output} from '../store.ts'

/**
 * What is in the release, as two documents over all of it and an archive with two for each artifact. The same
 * documents of an image hang on it in the registry once it is published with signatures.
 */
export const buildSbom: Builder<'sbom'> = async (recipe, needed, artifact, context) => {
  const about = {...recipe, epoch: context.plan.epoch}
  const inventories = needed.map(({artifact: of, output}) => inventoryOf(context.plan, of, madeOf(output)))
  const all = releaseInventory(recipe, inventories)
  const entries = inventories.flatMap(inventory => documentsOf(inventory, about))
  const archive = await gzip(tar(entries, {mtime: context.plan.epoch}))
  const [spdx, cyclonedx, single] = artifact.files as [string, string, string]
  return {
    files: {
      [spdx]: await context.store.put(Buffer.from(spdxDocument(all, about))),
      [cyclonedx]: await context.store.put(Buffer.from(cyclonedxDocument(all, about))),
      [single]: await context.store.put(archive),
    },
  }
}

function madeOf({files, oci}: Output): Made {
  const digests = Object.entries(files).map(([name, blob]): [string, Digest] => [name, blob.digest])
  return {files: Object.fromEntries(digests), ...(oci ? {digest: oci.root.digest} : {})}
}

function documentsOf(inventory: Inventory, about: Parameters<typeof spdxDocument>[1]): TarEntry[] {
  const name = inventory.subject.id.replace(/^(?:artifact|file)-/, '')
  return [
    {type: 'file', path: `${name}.cdx.json`, data: Buffer.from(cyclonedxDocument(inventory, about))},
    {type: 'file', path: `${name}.spdx.json`, data: Buffer.from(spdxDocument(inventory, about))},
  ]
}
