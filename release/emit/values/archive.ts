import {gunzipSync} from 'node:zlib'
import {fail} from '#lib/diagnostics.ts'
import {untar} from '../../lib/untar.ts'

/** Far above any chart: what would be more is no chart. */
const limit = 64 * 1024 * 1024

/**
 * A packed chart's own files as texts, by their paths below its one folder; charts within are left out.
 * @throws DiagnosticError J124 it is no gzip, A010 to A013 of the archive
 */
export function inflate(packed: Uint8Array, where: string): ReadonlyMap<string, string> {
  const texts = new Map<string, string>()
  for (const {type, path, data} of untar(unzipped(packed, where), where)) {
    const below = path.replace(/^[^/]+\//, '')
    if (type === 'file' && below !== path && !below.startsWith('charts/'))
      texts.set(below, data.toString('utf8'))
  }
  return texts
}

function unzipped(packed: Uint8Array, where: string): Buffer {
  try {
    return gunzipSync(packed, {maxOutputLength: limit})
  } catch (cause) {
    return fail(
      {
        code: 'J124',
        message: `${where} is no packed chart`,
        hint: 'charts are packed by `helm package`, as .tgz',
      },
      1,
      {cause},
    )
  }
}
