import {join, resolve} from 'node:path'
import {type EmittedFile, gitopsFiles} from '../emit/gitops.ts'
import type {Given} from '../emit/tasks.ts'
import {workflowFiles} from '../emit/workflow.ts'
import type {Args, Context, Run} from './command.ts'
import {type Emission, emissionOf, hopNumber} from './emit-inputs.ts'
import {count, print} from './output.ts'
import {textsNow} from './site-files.ts'

/** Manifests and workflows, below `--out`, or one after the other on standard output. */
export const run: Run = async (args, context) => {
  const emission = await emissionOf(args, context)
  const files = await filesOf(emission, args, context)
  const out = args.text('out')
  if (out !== undefined)
    for (const {path, text} of files)
      await context.files.write(resolve(context.cwd, out, path), Buffer.from(text))
  const written = out === undefined ? undefined : join(out, '/')
  print(context, written ? {out: written, files: files.map(f => f.path)} : {files}, () =>
    written ? `${count(files.length, 'file')} in ${written}\n` : shown(files),
  )
  return 0
}

async function filesOf(emission: Emission, args: Args, context: Context): Promise<EmittedFile[]> {
  const {plan, matrix, parameters, site} = emission
  const given: Given = {plan, matrix, parameters, bindings: site?.bindings}
  const to = args.text('to')
  const current = plan.hops[(hopNumber(args, 'hop', plan) ?? 1) - 1]
  if (!current) return []
  if (to === 'argo-workflow') return workflowFiles(given)
  const texts = site ? await textsNow(site, context) : new Map<string, string>()
  return gitopsFiles(to === 'flux' ? 'flux' : 'argocd', given, current, file => texts.get(file))
}

function shown(files: readonly EmittedFile[]): string {
  return files.map(({path, text}) => `# ${path}\n${text}`).join('---\n')
}
