import type {Drift} from '../generate/check.ts'
import type {GeneratedFile} from '../generate/file.ts'
import {generate} from '../generate/index.ts'
import type {Context} from './command.ts'
import {made} from './parsed.ts'
import {cliReference} from './reference.ts'
import {commands} from './table.ts'
import {neededLock, type Workspace} from './workspace.ts'

/** Every generated file of the checkout, as it is to be. */
export async function generatedFiles(workspace: Workspace): Promise<GeneratedFile[]> {
  // Who only uses lockstep has neither its schemas nor its command reference in the tree.
  if (!workspace.matrix.kernels) return generate(workspace)
  const schemas = await made('schemas', async () => (await import('../generate/schemas.ts')).allSchemas())
  return generate({...workspace, lock: neededLock(workspace), cli: cliReference(commands), schemas})
}

/** How the checkout differs from its generated files; nothing is written. */
export async function driftOf(
  workspace: Workspace,
  {files}: Pick<Context, 'files'>,
): Promise<{generated: GeneratedFile[]; drift: Drift[]}> {
  const {findDrift, readTree} = await import('../generate/check.ts')
  const generated = await generatedFiles(workspace)
  return {generated, drift: findDrift(generated, await readTree(files, workspace.root, generated))}
}
