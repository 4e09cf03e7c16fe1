import {join, resolve} from 'node:path'
import {fail} from '#lib/diagnostics.ts'
import {inflate} from '../emit/values/archive.ts'
import {parseManifest} from '../lib/oci/manifest.ts'
import type {Args, Context} from './command.ts'
import {openTarget} from './target.ts'

const chartLayer = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip'

/**
 * The texts of a chart's own files, by their paths below its folder. Charts within are left out.
 * @param reference a folder, an archive, or `oci://REGISTRY/PATH/CHART:VERSION`
 * @throws DiagnosticError J124 there is none
 */
export async function readChart(
  reference: string,
  args: Args,
  context: Context,
): Promise<ReadonlyMap<string, string>> {
  if (reference.startsWith('oci:')) return fromRegistry(reference, args, context)
  const path = resolve(context.cwd, reference)
  const found = await context.files.stat(path)
  if (!found) return none(reference, 'it is not there')
  return found.kind === 'dir' ? fromFolder(path, context) : inflate(await context.files.read(path), reference)
}

async function fromFolder(path: string, {files}: Context, below = ''): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>()
  for (const name of await files.list(join(path, below))) {
    const inner = join(below, name)
    const {kind} = (await files.stat(join(path, inner))) ?? {}
    if (kind === 'file') texts.set(inner, (await files.read(join(path, inner))).toString('utf8'))
    else if (kind === 'dir' && inner !== 'charts')
      for (const [key, text] of await fromFolder(path, {files} as Context, inner)) texts.set(key, text)
  }
  return texts
}

async function fromRegistry(
  reference: string,
  args: Args,
  context: Context,
): Promise<ReadonlyMap<string, string>> {
  const [, scheme = '', prefix = '', name = '', tag] =
    /^(oci:)(?:\/\/)?(.+)\/([^/:]+)(?::([^/]+))?$/.exec(reference) ?? []
  if (tag === undefined)
    return none(reference, 'it names no version', 'write oci://REGISTRY/PATH/CHART:VERSION')
  const target = openTarget(reference.startsWith('oci://') ? prefix : `${scheme}${prefix}`, args, context)
  const repository = target.repository(name)
  const manifest = await repository.readManifest(tag)
  if (!manifest) return none(reference, 'the registry does not have it')
  const {blobs} = parseManifest(manifest.bytes, manifest.descriptor.mediaType, reference)
  const layer = blobs.find(blob => blob.mediaType === chartLayer)
  if (!layer) return none(reference, 'it is no chart')
  const parts: Uint8Array[] = []
  for await (const part of repository.readBlob(layer).open()) parts.push(part)
  return inflate(Buffer.concat(parts), reference)
}

function none(
  reference: string,
  why: string,
  hint = 'name the chart’s folder, archive or oci:// reference',
): never {
  fail({code: 'J124', message: `no chart at ${reference}: ${why}`, hint}, 2)
}
