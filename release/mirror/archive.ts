import {DiagnosticError, fail} from '#lib/diagnostics.ts'
import {digestOf, hexOf} from '../lib/digest.ts'
import type {Files, Progress} from '../lib/effects.ts'
import {archivedEntry, archiveTarget} from '../lib/oci/archive.ts'
import {bytesSource, type Descriptor, type Source} from '../lib/oci/descriptor.ts'
import {layoutTarget} from '../lib/oci/layout.ts'
import {formatLayoutIndex} from '../lib/oci/layout-index.ts'
import {referrerDescriptor} from '../lib/oci/manifest.ts'
import type {Target} from '../lib/oci/target.ts'
import {type TarEntry, tarStream} from '../lib/tar.ts'
import {readSpan, tarTable} from '../lib/tar-table.ts'
import type {Content} from './content.ts'
import {copyContent, planMirror} from './copy.ts'

/** Every entry's time, seconds since 1970: 1980-01-01. Of earlier ones some programs warn. */
const mtime = 315_532_800
const layoutFile = '{"imageLayoutVersion":"1.0.0"}\n'

export type Archived = {
  /** `done`: the file holds exactly this already. */
  action: 'write' | 'done'
  /** Of blobs and manifests, each once. */
  bytes: number
}

/**
 * Writes a release into one file: the same bytes for the same release with the same signatures. The file appears whole
 * or not at all; one that holds this already stays. What comes over a network is first gathered in a folder beside the
 * file, `FILE.parts`, so that a run that was cut off is finished by the next.
 * @param from where the bytes are read; what it gives is compared with the digests
 * @param replaces also a file that holds something else than this release
 * @throws X006 the file holds something else, before anything is read or written
 */
export async function writeArchive(
  content: Content,
  from: Target,
  path: string,
  files: Files,
  progress: Progress,
  replaces = false,
): Promise<Archived> {
  const index = formatLayoutIndex(indexOf(content))
  const wanted = blobsOf(content, from)
  const bytes = [...wanted.values()].reduce((sum, source) => sum + source.size, 0)
  const parts = `${path}.parts`
  if (await isSame(files, path, index, wanted)) {
    // A run that was cut off behind the file's writing has left them.
    await files.remove(parts)
    return {action: 'done', bytes}
  }
  if (!replaces && (await files.stat(path)) && !(await holdsRelease(files, path, content)))
    refuseOther(path, content)
  const gathered = isLocal(from) ? from : layoutTarget(files, parts)
  if (gathered !== from)
    await copyContent(await planMirror(content, from, gathered), from, gathered, progress)
  const blobs = blobsOf(content, gathered)
  const file = (name: string, source: Source): TarEntry => ({type: 'file', path: name, data: source})
  const entries = [
    file('index.json', bytesSource(index)),
    file('oci-layout', bytesSource(Buffer.from(layoutFile))),
    ...[...blobs].map(([name, source]) => file(name, source)),
  ]
  const task = progress.task(`Writing ${path}`)
  try {
    await files.write(path, tarStream(entries, {mtime}))
  } catch (error) {
    task.failed()
    throw error
  }
  task.done()
  await files.remove(parts)
  return {action: 'write', bytes}
}

/** Perhaps without what was hung on it since, such as signatures. */
async function holdsRelease(
  files: Files,
  path: string,
  {product, version, groups}: Content,
): Promise<boolean> {
  const release = groups.find(g => g.repository === product && g.tags.includes(`v${version}`))
  try {
    const there = await archiveTarget(files, path).repository(product).resolve(`v${version}`)
    return there !== undefined && there.digest === release?.root.digest
  } catch (error) {
    if (error instanceof DiagnosticError) return false
    throw error
  }
}

function refuseOther(path: string, {product, version}: Content): never {
  fail({
    code: 'X006',
    message: `${path} is there, and holds something else than ${product} ${version}`,
    expected: 'no file, or an archive of the same release',
    hint: 'name another file, or give --force to replace this one',
  })
}

function isLocal({name}: Target): boolean {
  return name.startsWith('oci:') || name.startsWith('oci-archive:')
}

/** Tags, and what hangs on an artifact: what is below them is found through them. */
function indexOf({groups}: Content): Descriptor[] {
  return groups.flatMap(({repository, root: {mediaType, digest, size}, tags, floating, parts}) => [
    ...[...tags, ...floating].map(tag => archivedEntry(repository, {mediaType, digest, size}, tag)),
    ...parts
      .filter(part => part.manifest.subject)
      .map(part => archivedEntry(repository, referrerDescriptor(part.descriptor, part.manifest))),
  ])
}

function blobsOf({groups}: Content, from: Target): Map<string, Source> {
  const found = new Map<string, Source>()
  for (const {repository, parts} of groups)
    for (const {descriptor, bytes, blobs} of parts) {
      found.set(`blobs/sha256/${hexOf(descriptor.digest)}`, bytesSource(bytes))
      for (const blob of blobs) {
        const name = `blobs/sha256/${hexOf(blob.digest)}`
        if (!found.has(name)) found.set(name, from.repository(repository).readBlob(blob))
      }
    }
  return found
}

/** By index, names and sizes: `release verify` reads every byte. */
async function isSame(
  files: Files,
  path: string,
  index: Buffer,
  blobs: ReadonlyMap<string, Source>,
): Promise<boolean> {
  if (!(await files.stat(path))) return false
  const table = await tarTable(files, path).catch(error => {
    if (error instanceof DiagnosticError) return undefined
    throw error
  })
  const span = table?.get('index.json')
  if (!table || !span || table.size !== blobs.size + 2) return false
  if (digestOf(await readSpan(files, path, span)) !== digestOf(index)) return false
  return [...blobs].every(([name, {size}]) => table.get(name)?.size === size)
}
