import {fail} from '#lib/diagnostics.ts'
import {compareBytewise} from '../bytes.ts'
import {canonical, type Descriptor, mediaTypes} from './descriptor.ts'
import {isRecord, parseDescriptor, parseJson} from './manifest.ts'

/** Where a layout keeps a manifest's tag (image-spec annotations.md). */
export const refName = 'org.opencontainers.image.ref.name'

/** `index.json` of a layout as entries; a tag is an entry's annotation. @throws O003 not a layout's index */
export function parseLayoutIndex(bytes: Uint8Array, name: string): Descriptor[] {
  const data = parseJson(bytes, name)
  if (!isRecord(data) || data.schemaVersion !== 2 || !Array.isArray(data.manifests))
    fail({
      code: 'O003',
      message: `${name} is no index of an OCI layout`,
      hint: 'choose another folder, or remove this one',
    })
  return data.manifests.map((entry, i) => parseDescriptor(entry, `${name}, manifests[${i}]`))
}

/** The same entries give the same bytes, in whatever order they came. */
export function formatLayoutIndex(entries: readonly Descriptor[]): Buffer {
  const key = (d: Descriptor) => `${tagOf(d) ?? ''}\0${d.digest}`
  const manifests = entries.map(canonical).sort((a, b) => compareBytewise(key(a), key(b)))
  return Buffer.from(
    `${JSON.stringify({schemaVersion: 2, mediaType: mediaTypes.index, manifests}, null, 2)}\n`,
  )
}

export function tagOf(entry: Descriptor): string | undefined {
  return entry.annotations?.[refName]
}

/** The entries after a tag was pointed at a manifest. */
export function withTag(entries: readonly Descriptor[], tag: string, to: Descriptor): Descriptor[] {
  const others = entries.filter(e => tagOf(e) !== tag)
  return [...others, {...to, annotations: {[refName]: tag}}]
}
