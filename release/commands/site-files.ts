import {dirname, join, relative, resolve} from 'node:path'
import {DiagnosticError, fail} from '#lib/diagnostics.ts'
import type {YamlSource} from '#lib/yaml.ts'
import {loadShape} from '../matrix/load.ts'
import {type Bindings, bindingsSchema, type Matrix} from '../matrix/schema/index.ts'
import {type Bound, readBindings} from '../upgrade/site/bindings.ts'
import type {Context} from './command.ts'
import {matrixOfUses} from './used-matrices.ts'
import {loadMatrixValue} from './workspace.ts'

/** A site's bindings and the matrix that they speak of. */
export type Site = {bindings: Bindings; source: YamlSource; folder: string; matrix: Matrix}

/**
 * Reads a bindings file, and the matrix that `--matrix` names, or else the one of all that its `uses` name, relative to it.
 * @throws DiagnosticError C080 no bindings file, and all that is wrong with it and the matrix
 */
export async function loadSite(context: Context, file = 'bindings.yaml'): Promise<Site> {
  const path = resolve(context.cwd, file)
  const bytes = await context.files.read(path).catch((cause: unknown) =>
    fail(
      {
        code: 'C080',
        message: `there are no bindings at ${file}`,
        expected: 'a file that says where the version of each component stands',
        hint: '--bindings names it; docs/guides/check-changes.md tells how to write one',
      },
      2,
      {cause},
    ),
  )
  const {value, source, diagnostics} = loadShape(bytes, file, bindingsSchema)
  if (!value) throw new DiagnosticError(diagnostics)
  const folder = dirname(path)
  const judged =
    (context.matrix === undefined ? await matrixOfUses(value.uses, path, context) : undefined) ??
    (await loadMatrixValue(context))
  return {bindings: value, source, folder, matrix: judged}
}

/** What the files of the working tree say. */
export async function boundNow(site: Site, context: Context): Promise<Bound[]> {
  const texts = await textsNow(site, context)
  return readBindings(site.bindings, site.source, site.matrix, file => texts.get(file))
}

/** The files of the bindings, as they lie in the working tree. */
export async function textsNow(
  {bindings, folder}: Site,
  {files}: Pick<Context, 'files'>,
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>()
  for (const {at} of bindings.bindings)
    if ('file' in at) {
      const bytes = await files.read(join(folder, at.file)).catch(() => undefined)
      if (bytes) texts.set(at.file, new TextDecoder().decode(bytes))
    }
  return texts
}

/**
 * What the files of a commit say; bindings whose file the commit does not have are left out.
 * @throws DiagnosticError C081 Git does not know the commit
 */
export async function boundAt(site: Site, commit: string, context: Context): Promise<Bound[]> {
  const texts = await textsAt(site, commit, context)
  const there = {
    ...site.bindings,
    bindings: site.bindings.bindings.filter(({at}) => 'file' in at && texts.has(at.file)),
  }
  const bound = readBindings(there, site.source, site.matrix, file => texts.get(file))
  // Places as a reader of the whole checkout knows them.
  const prefix = relative(context.cwd, site.folder)
  return bound.map(one =>
    one.place ? {...one, place: {...one.place, file: join(prefix, one.place.file)}} : one,
  )
}

/**
 * The files of the bindings, as a commit has them.
 * @throws DiagnosticError C081 Git does not know the commit
 */
export async function textsAt(
  site: Site,
  commit: string,
  {exec}: Context,
): Promise<ReadonlyMap<string, string>> {
  const git = async (...args: string[]) => exec.run(['git', ...args], {cwd: site.folder})
  const known = await git('rev-parse', '--verify', '--quiet', `${commit}^{commit}`)
  if (known.code !== 0)
    fail(
      {
        code: 'C081',
        message: `Git does not know the commit ${commit}`,
        hint: 'in CI, fetch it: fetch-depth: 0',
      },
      2,
    )
  const texts = new Map<string, string>()
  for (const {at} of site.bindings.bindings)
    if ('file' in at && !texts.has(at.file)) {
      const shown = await git('show', `${commit}:./${at.file}`)
      if (shown.code === 0) texts.set(at.file, shown.stdout.toString('utf8'))
    }
  return texts
}
