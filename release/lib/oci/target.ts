import type {Digest} from '../digest.ts'
import type {Blob, Descriptor, Source} from './descriptor.ts'

/**
 * A place for images and artifacts: a folder of OCI layouts or a registry, behind one interface, so that
 * publishing and verifying have one way to go. Nothing is held open: there is nothing to close.
 */
export interface Target {
  /** How messages call it, in the form in which it was given: `oci:dist/oci`, `ghcr.io/acme`. */
  readonly name: string
  /** @param name an image's name below the target, `mock-accel-module` or `charts/mock-device` */
  repository(name: string): Repository
}

export interface Repository {
  /** Full name without a tag: `ghcr.io/acme/mock-accel-module`, `oci:dist/oci/mock-accel-module`. */
  readonly name: string

  hasBlob(blob: Descriptor): Promise<boolean>
  /**
   * Puts a blob there unless it is there. Mounts or links it from a repository of the same target if that
   * is known to have it. The same blob wanted twice at once is sent once.
   */
  pushBlob(blob: Blob): Promise<'present' | 'linked' | 'pushed'>
  /** The blob's bytes; throws at the end if they are not those of the digest. */
  readBlob(blob: Descriptor): Source

  /** What a tag or digest stands for; undefined only when the target says for certain that it is not there. */
  resolve(reference: string): Promise<Descriptor | undefined>
  /**
   * Whether a manifest is there with everything below it. A registry vouches for that; in a folder each byte is
   * looked at, once in a process.
   */
  holds(root: Descriptor): Promise<boolean>
  /** Manifest or index by tag or digest, its digest checked. */
  readManifest(reference: string): Promise<{descriptor: Descriptor; bytes: Buffer} | undefined>
  /** Puts a manifest there by its digest, unless it is there; if it has a subject, lists it as a referrer. */
  pushManifest(manifest: {descriptor: Descriptor; bytes: Uint8Array}): Promise<'present' | 'pushed'>

  /** All tags, bytewise sorted. */
  tags(): Promise<string[]>
  /**
   * Points a tag at a manifest that is there.
   * @param options.floating the tag may be moved from one digest to another; a version's tag may not
   * @throws O010 the tag stands for something else and may not move
   */
  tag(
    tag: string,
    descriptor: Descriptor,
    options?: {floating?: boolean},
  ): Promise<'present' | 'set' | 'moved'>
  /** Manifests that name this one as their subject, sorted by digest, with artifactType and annotations. */
  referrers(subject: Digest): Promise<Descriptor[]>
}
