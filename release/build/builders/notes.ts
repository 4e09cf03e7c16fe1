import type {Builder} from '../context.ts'

/** The release notes as a release file. */
export const buildNotes: Builder<'notes'> = async (recipe, _needed, artifact, context) => {
  const [file] = recipe.files
  const [name] = artifact.files
  if (!file || !name) throw new Error('release notes without a file')
  return {files: {[name]: await context.store.put(await context.readTree(file))}}
}
