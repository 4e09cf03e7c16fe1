import {fail} from '#lib/diagnostics.ts'
import {isDigest} from '../digest.ts'
import {
  type Blob,
  blobOf,
  canonical,
  type Descriptor,
  mediaTypes,
  type Platform,
  sortedRecord,
} from './descriptor.ts'

/** A manifest or an index, ready to be pushed, with all that it refers to that is not yet there. */
export type Packed = {
  descriptor: Descriptor
  /** The manifest's own bytes, of which `descriptor` speaks. */
  bytes: Buffer
  blobs: readonly Blob[]
  /** What an index holds; pushed before it. */
  manifests: readonly Packed[]
}

/**
 * A manifest around a config and layers (image-spec manifest.md), the same bytes for the same input.
 * Layers keep their order, annotations are sorted.
 */
export function packManifest(input: {
  config: Blob
  layers: readonly Blob[]
  artifactType?: string
  subject?: Descriptor
  annotations?: Record<string, string>
  platform?: Platform
}): Packed {
  const {config, layers, artifactType, subject, annotations = {}, platform} = input
  const bytes = json({
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    ...(artifactType ? {artifactType} : {}),
    config: canonical(config.descriptor),
    layers: layers.map(l => canonical(l.descriptor)),
    ...(subject ? {subject: pointer(subject)} : {}),
    ...(Object.keys(annotations).length > 0 ? {annotations: sortedRecord(annotations)} : {}),
  })
  const own = blobOf(bytes, mediaTypes.manifest).descriptor
  return {
    descriptor: canonical({...own, ...(artifactType ? {artifactType} : {}), ...(platform ? {platform} : {})}),
    bytes,
    blobs: [config, ...layers],
    manifests: [],
  }
}

/** An artifact without a config of its own: the empty one, and `artifactType` (image-spec manifest.md). */
export function packArtifact(input: {
  artifactType: string
  layers: readonly Blob[]
  subject?: Descriptor
  annotations?: Record<string, string>
}): Packed {
  const empty = blobOf('{}', mediaTypes.empty)
  return packManifest({...input, config: empty, layers: input.layers.length > 0 ? input.layers : [empty]})
}

/** An index over manifests, in the order given (image-spec image-index.md). */
export function packIndex(input: {
  manifests: readonly Packed[]
  artifactType?: string
  subject?: Descriptor
  annotations?: Record<string, string>
}): Packed {
  const {manifests, artifactType, subject, annotations = {}} = input
  const bytes = json({
    schemaVersion: 2,
    mediaType: mediaTypes.index,
    ...(artifactType ? {artifactType} : {}),
    manifests: manifests.map(m => canonical(m.descriptor)),
    ...(subject ? {subject: pointer(subject)} : {}),
    ...(Object.keys(annotations).length > 0 ? {annotations: sortedRecord(annotations)} : {}),
  })
  const own = blobOf(bytes, mediaTypes.index).descriptor
  return {descriptor: {...own, ...(artifactType ? {artifactType} : {})}, bytes, blobs: [], manifests}
}

/** What the toolchain needs of any manifest or index that it reads. */
export type Manifest = {
  mediaType: string
  artifactType?: string
  /** Manifests below an index, bottom-up first to fetch. */
  manifests: Descriptor[]
  /** Config and layers. */
  blobs: Descriptor[]
  config?: Descriptor
  layers: Descriptor[]
  subject?: Descriptor
  annotations: Record<string, string>
}

/**
 * Reads a manifest or index, checking its shape.
 * @param name how messages call it
 * @throws O001 not a manifest
 */
export function parseManifest(bytes: Uint8Array, mediaType: string, name: string): Manifest {
  const data = parseJson(bytes, name)
  const where = isRecord(data) ? data : broken(name, 'it is no JSON object')
  if (typeof where.mediaType === 'string' && where.mediaType !== mediaType)
    broken(name, `it calls itself ${where.mediaType} but is stored as ${mediaType}`)
  const list = (key: string): Descriptor[] => {
    const value = where[key] ?? []
    if (!Array.isArray(value)) return broken(name, `${key} is no list`)
    return value.map((v, i) => parseDescriptor(v, `${name}, ${key}[${i}]`))
  }
  const one = (key: string) =>
    where[key] === undefined ? undefined : parseDescriptor(where[key], `${name}, ${key}`)
  const [config, subject] = [one('config'), one('subject')]
  const layers = list('layers')
  const artifactType =
    typeof where.artifactType === 'string' && where.artifactType ? where.artifactType : undefined
  return {
    mediaType,
    manifests: list('manifests'),
    layers,
    blobs: [...(config ? [config] : []), ...layers],
    annotations: stringRecord(where.annotations),
    ...(artifactType ? {artifactType} : {}),
    ...(config ? {config} : {}),
    ...(subject ? {subject} : {}),
  }
}

/** The descriptor under which a referrer is listed: type and annotations pulled up (distribution-spec, referrers). */
export function referrerDescriptor(descriptor: Descriptor, manifest: Manifest): Descriptor {
  const {mediaType, digest, size} = descriptor
  const artifactType = manifest.artifactType ?? manifest.config?.mediaType
  return canonical({
    mediaType,
    digest,
    size,
    ...(artifactType ? {artifactType} : {}),
    annotations: manifest.annotations,
  })
}

/** @throws O001 not a descriptor with a sha256 digest */
export function parseDescriptor(value: unknown, name: string): Descriptor {
  if (!isRecord(value)) return broken(name, 'it is no descriptor')
  const {mediaType, digest, size, artifactType, platform} = value
  if (typeof mediaType !== 'string' || typeof digest !== 'string' || !isDigest(digest))
    return broken(name, 'it needs a mediaType and a sha256 digest')
  if (!Number.isSafeInteger(size) || (size as number) < 0)
    return broken(name, 'its size is no number of bytes')
  const parsed: Descriptor = {mediaType, digest, size: size as number}
  if (typeof artifactType === 'string') parsed.artifactType = artifactType
  if (isRecord(platform) && typeof platform.os === 'string' && typeof platform.architecture === 'string')
    parsed.platform = {
      architecture: platform.architecture,
      os: platform.os,
      ...(typeof platform.variant === 'string' ? {variant: platform.variant} : {}),
    }
  if (isRecord(value.annotations)) parsed.annotations = stringRecord(value.annotations)
  return parsed
}

export function parseJson(bytes: Uint8Array, name: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', {fatal: true}).decode(bytes))
  } catch {
    return broken(name, 'it is no JSON')
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function stringRecord(value: unknown): Record<string, string> {
  if (!isRecord(value)) return {}
  return Object.fromEntries(
    Object.entries(value).filter((e): e is [string, string] => typeof e[1] === 'string'),
  )
}

function broken(name: string, why: string): never {
  fail({code: 'O001', message: `${name} is no manifest: ${why}`, expected: 'an OCI image manifest or index'})
}

function pointer({mediaType, digest, size}: Descriptor): Descriptor {
  return {mediaType, digest, size}
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}
