import {toYaml} from '#lib/yaml-out.ts'
import {compareBytewise} from '../../lib/bytes.ts'
import type {Builder, Needed} from '../context.ts'

/** One published artifact, as `digests.json` lists it. */
type Published = {
  id: string
  repository: string
  tags: string[]
  mediaType: string
  digest: string
  size: number
}

/**
 * What was made, by digest, from the same list that the registry gets: `digests.json` for programs, `images.txt`
 * for people and mirrors, and chart values that pin every image.
 */
export const buildLists: Builder<'lists'> = async (recipe, needed, artifact, {store}) => {
  const published = needed.map(publishedAs)
  const [digests, images, values] = artifact.files as [string, string, string]
  const json = {
    apiVersion: 'lockstep/digests/v1',
    version: recipe.version,
    registry: recipe.registry,
    artifacts: published,
  }
  return {
    files: {
      [digests]: await store.put(Buffer.from(`${JSON.stringify(json, undefined, 2)}\n`)),
      [images]: await store.put(Buffer.from(imagesText(published, recipe.registry))),
      [values]: await store.put(Buffer.from(pinnedValues(needed, values))),
    },
  }
}

function publishedAs({artifact, output}: Needed): Published {
  if (!artifact.oci || !output.oci) throw new Error(`${artifact.id} is no OCI artifact`)
  const {mediaType, digest, size} = output.oci.root
  return {
    id: artifact.id,
    repository: artifact.oci.repository,
    tags: artifact.oci.tags,
    mediaType,
    digest,
    size,
  }
}

/** `registry/repository:tag@digest`, one a line, in bytewise order. */
function imagesText(published: readonly Published[], registry: string): string {
  const lines = published.flatMap(p => p.tags.map(tag => `${registry}/${p.repository}:${tag}@${p.digest}\n`))
  return lines.sort(compareBytewise).join('')
}

/**
 * Values for `helm install -f`: one literal mapping per kernel with its image's digest. The repository is left to the
 * chart, so that the pins follow a private registry.
 */
function pinnedValues(needed: readonly Needed[], name: string): string {
  const kernelMappings = needed.flatMap(({artifact, output}) =>
    artifact.recipe.kind === 'kmod-image' && output.oci
      ? [{literal: artifact.recipe.kernel, digest: output.oci.root.digest}]
      : [],
  )
  return `# ${name}: every image by its digest; use it with \`helm install -f\`.\n${toYaml({kernelModule: {kernelMappings}})}`
}
