import {toYaml} from '#lib/yaml-out.ts'
import {compareBytewise} from '../../lib/bytes.ts'
import type {Builder, Needed} from '../context.ts'

/** One published artifact, as `digests.json` lists it. */
type Published = {
  id: string
  repository: string
  tags: string[]
  floating: string[]
  mediaType: string
  digest: string
  size: number
}

/**
 * What was made, by digest, from the same list that the registry gets: `digests.json` for programs, `images.txt`
 * for people and mirrors, and chart values that pin every image.
 */
export const buildLists: Builder<'lists'> = async (recipe, needed, artifact, {store}) => {
  const published = needed.filter(n => n.artifact.oci).map(publishedAs)
  const [digests, images, values] = artifact.files as [string, string, string]
  const json = {
    apiVersion: 'lockstep/digests/v1',
    version: recipe.version,
    registry: recipe.registry,
    artifacts: published,
    modules: needed.flatMap(moduleOf),
    ...signedBy(needed),
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
    floating: artifact.oci.floating,
    mediaType,
    digest,
    size,
  }
}

/** A module before it is signed: what everybody can build again, whoever has the key. */
function moduleOf({artifact: {id, recipe}, output}: Needed) {
  if (recipe.kind !== 'module') return []
  const file = `${recipe.module}.ko`
  const blob = output.files[file]
  if (!blob) throw new Error(`${id} did not make ${file}`)
  return [{id, kernel: recipe.kernel, file, digest: blob.digest, size: blob.size}]
}

/** Whose key has signed the copies of the modules in the images. */
function signedBy(needed: readonly Needed[]) {
  const {signature} = needed.map(n => n.artifact.recipe).find(r => r.kind === 'kmod-image') ?? {}
  return signature ? {signature: {...signature, certificate: `sha256:${signature.certificate}`}} : {}
}

/** `registry/repository:tag@digest`, one a line, in bytewise order. */
function imagesText(published: readonly Published[], registry: string): string {
  const lines = published.flatMap(p => p.tags.map(tag => `${registry}/${p.repository}:${tag}@${p.digest}\n`))
  return lines.sort(compareBytewise).join('')
}

/**
 * Values for `helm install -f`: one literal mapping per kernel with its image's digest, and the digest of every image
 * that a value names. The repository is left to the chart, so that the pins follow a private registry.
 */
function pinnedValues(needed: readonly Needed[], name: string): string {
  const kernelMappings = needed.flatMap(({artifact, output}) =>
    artifact.recipe.kind === 'kmod-image' && output.oci
      ? [{literal: artifact.recipe.kernel, digest: output.oci.root.digest}]
      : [],
  )
  const values: Values = {kernelModule: {kernelMappings}}
  for (const {artifact, output} of needed)
    if (artifact.recipe.kind === 'node-image' && artifact.recipe.value !== undefined && output.oci)
      setAt(values, [...artifact.recipe.value.split('.'), 'digest'], output.oci.root.digest)
  return `# ${name}: every image by its digest; use it with \`helm install -f\`.\n${toYaml(values)}`
}

type Values = {[key: string]: unknown}

function setAt(values: Values, [key = '', ...below]: readonly string[], value: unknown): void {
  if (below.length === 0) values[key] = value
  else {
    const child = (values[key] ?? {}) as Values
    setAt(child, below, value)
    values[key] = child
  }
}
