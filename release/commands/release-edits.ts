import {join} from 'node:path'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {type Drift, findDrift, readTree} from '../generate/check.ts'
import {changesSchema} from '../generate/docs/changes.ts'
import type {Git, GitHub} from '../lib/effects.ts'
import {type Loaded, loadMatrix, loadShape} from '../matrix/load.ts'
import type {Context} from './command.ts'
import {generatedFiles} from './generated.ts'
import type {Workspace} from './workspace.ts'

/** What a step of a release writes into a checkout, and everything that is generated then. */
export type Edits = {drift: Drift[]; generated: string[]}

/** The matrix and a changes file as they are to be. */
export type Wanted = {
  version: string
  matrix: string
  changes: string
  /** Another changes file, which this one takes the place of. */
  replaces?: string | undefined
}

export function changesPath(version: string): string {
  return `matrix/changes/${version}.yaml`
}

/** A file of the checkout; undefined when it is not there. */
export async function textAt({root}: Workspace, path: string, {files}: Context): Promise<string | undefined> {
  return (await files.stat(join(root, path))) ? (await files.read(join(root, path))).toString() : undefined
}

/** How the checkout differs from what is wanted and all that follows from it. @throws what is wrong with the new files */
export async function editsFor(
  workspace: Workspace,
  {version, matrix, changes, replaces}: Wanted,
  context: Context,
): Promise<Edits> {
  const file = changesPath(version)
  const read = (path: string) => textAt(workspace, path, context)
  const raised = sound(loadMatrix(matrix, workspace.file))
  const said = sound(loadShape(changes, file, changesSchema))
  const others = workspace.changes.filter(c => c.version !== version && changesPath(c.version) !== replaces)
  const generated = await generatedFiles({...workspace, matrix: raised, changes: [...others, said]})
  const written = async (path: string, text: string | undefined): Promise<Drift> => {
    const found = await read(path)
    const kind = text === undefined ? 'stale' : found === undefined ? 'missing' : 'differs'
    return {path, kind, text, found}
  }
  const edited = [
    await written(workspace.file, matrix),
    await written(file, changes),
    ...(replaces === undefined ? [] : [await written(replaces, undefined)]),
  ]
  const tree = await readTree(context.files, workspace.root, generated)
  return {
    drift: [...edited.filter(d => d.text !== d.found), ...findDrift(generated, tree)],
    generated: generated.map(g => g.path),
  }
}

function sound<T>({value, diagnostics}: Loaded<T>): T {
  if (value) return value
  throw new DiagnosticError(diagnostics)
}

/** @throws L031 something else than the matrix and what is generated has changed */
export async function refuseOtherChanges(
  git: Git,
  what: string,
  generated: readonly string[],
): Promise<void> {
  const own = new Set(generated)
  const others = (await git.changes()).filter(path => !path.startsWith('matrix/') && !own.has(path))
  if (others.length === 0) return
  throw new DiagnosticError(
    others.map(path => ({
      code: 'L031',
      severity: 'error',
      message: `${path} has changes that do not belong to ${what}`,
      hint: 'commit it, or put it away',
    })),
  )
}

export type Proposal = {branch: string; base: string; title: string; body: string}

/**
 * A branch with one commit, and a pull request for it; what is there already is left as it is.
 * @param github left out, nobody is asked
 * @returns the pull request's URL
 */
export async function propose(
  {branch, base, title, body}: Proposal,
  git: Git,
  github: GitHub | undefined,
): Promise<string | undefined> {
  await git.commitOn(branch, await git.changes(), title)
  await git.pushBranch(branch)
  if (!github) return undefined
  return (await github.pullFrom(branch)) ?? github.openPull({branch, base, title, body})
}
