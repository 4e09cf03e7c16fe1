import {gzip} from '../../lib/gzip.ts'
import {type TarEntry, tar} from '../../lib/tar.ts'
import type {TreeFile} from '../../plan/plan.ts'
import type {BuildContext, Builder} from '../context.ts'

/** A source tarball below one folder, as `git archive` would lay it out, compressed by our own compressor. */
export const buildSource: Builder<'source'> = async (recipe, _needed, artifact, context) => {
  const entries = await treeEntries(recipe.files, context, path => `${recipe.prefix}/${path}`)
  const data = await gzip(tar(entries, {mtime: context.plan.epoch}))
  const [name] = artifact.files
  return {files: {[name as string]: await context.store.put(data)}}
}

/** Files of the plan as archive entries, each path through `rename`. */
export function treeEntries(
  files: readonly TreeFile[],
  context: BuildContext,
  rename: (path: string) => string,
): Promise<TarEntry[]> {
  return Promise.all(
    files.map(async (file): Promise<TarEntry> => {
      const data = await context.readTree(file)
      const path = rename(file.path)
      if (file.mode === 'link') return {type: 'symlink', path, linkname: data.toString()}
      return {type: 'file', path, data, mode: file.mode === '0755' ? 0o755 : 0o644}
    }),
  )
}
