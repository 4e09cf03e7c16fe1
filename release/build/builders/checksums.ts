import {formatSums} from '../../lib/sums.ts'
import type {Builder} from '../context.ts'

/** SHA256SUMS over every release file: the same list that dist/ is written from, so none is left out. */
export const buildChecksums: Builder<'checksums'> = async (_recipe, needed, _artifact, {store}) => {
  const sums = needed.flatMap(({artifact, output}) =>
    artifact.files.map(name => {
      const blob = output.files[name]
      if (!blob) throw new Error(`${artifact.id} did not make ${name}`)
      return [name, blob.digest] as const
    }),
  )
  return {files: {SHA256SUMS: await store.put(Buffer.from(formatSums(sums)))}}
}
