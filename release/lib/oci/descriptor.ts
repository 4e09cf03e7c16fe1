import {compareBytewise} from '../bytes.ts'
import {type Digest, digestOf} from '../digest.ts'
import type {Files} from '../effects.ts'

/** A pointer to content (image-spec descriptor.md). */
export type Descriptor = {
  mediaType: string
  digest: Digest
  size: number
  artifactType?: string
  platform?: Platform
  annotations?: Record<string, string>
}
export type Platform = {architecture: string; os: string; variant?: string}

/** Content that can be read more than once, from any byte on, so that a transfer can be taken up again. */
export type Source = {
  size: number
  open(start?: number): AsyncIterable<Uint8Array>
  /** The same without a check of the digest, for a receiver who checks it himself. */
  unchecked?(start?: number): AsyncIterable<Uint8Array>
}
export type Blob = {
  descriptor: Descriptor
  source: Source
  /** A repository of the receiving registry that holds it, as that registry calls it. */
  mountFrom?: string
}

export const mediaTypes = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  /** Two bytes, `{}`: what stands where an artifact has no config. */
  empty: 'application/vnd.oci.empty.v1+json',
  helmConfig: 'application/vnd.cncf.helm.config.v1+json',
  helmChart: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
} as const

/** What Docker wrote before the OCI existed; read, never written. */
const dockerManifest = 'application/vnd.docker.distribution.manifest.v2+json'
const dockerList = 'application/vnd.docker.distribution.manifest.list.v2+json'
export const manifestTypes: readonly string[] = [
  mediaTypes.manifest,
  mediaTypes.index,
  dockerManifest,
  dockerList,
]

export function isManifestType(mediaType: string): boolean {
  return manifestTypes.includes(mediaType)
}

export function bytesSource(data: Uint8Array): Source {
  return {
    size: data.length,
    async *open(start = 0) {
      yield data.subarray(start)
    },
  }
}

export function fileSource(files: Files, path: string, size: number): Source {
  return {size, open: start => files.stream(path, start)}
}

/** A blob of bytes in memory, with its descriptor. */
export function blobOf(
  data: Uint8Array | string,
  mediaType: string,
  annotations?: Record<string, string>,
): Blob {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data
  const descriptor = {mediaType, digest: digestOf(bytes), size: bytes.length}
  return {
    descriptor: annotations ? {...descriptor, annotations: sortedRecord(annotations)} : descriptor,
    source: bytesSource(bytes),
  }
}

/** The same descriptor with its keys in the one order in which they are written. */
export function canonical(d: Descriptor): Descriptor {
  return {
    mediaType: d.mediaType,
    digest: d.digest,
    size: d.size,
    ...(d.artifactType ? {artifactType: d.artifactType} : {}),
    ...(d.platform ? {platform: canonicalPlatform(d.platform)} : {}),
    ...(d.annotations && Object.keys(d.annotations).length > 0
      ? {annotations: sortedRecord(d.annotations)}
      : {}),
  }
}

export function canonicalPlatform({architecture, os, variant}: Platform): Platform {
  return {architecture, os, ...(variant ? {variant} : {})}
}

export function sortedRecord(record: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => compareBytewise(a, b)))
}
