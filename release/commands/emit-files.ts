import {join, resolve} from 'node:path'
import {type EmittedFile, gitopsFiles} from '../emit/gitops.ts'
import {issue} from '../emit/issue.ts'
import {runbook} from '../emit/runbook.ts'
import type {Given} from '../emit/tasks.ts'
import {workflowFiles} from '../emit/workflow.ts'
import type {Args, Context, Run} from './command.ts'
import {type Emission, emissionOf, hopNumber, hopsOf} from './emit-inputs.ts'
import {count, print} from './output.ts'
import {textsNow} from './site-files.ts'

/** Documents, manifests and workflows: on standard output, or where `--out` says. */
export const run: Run = async (args, context) => {
  const files = await filesOf(await emissionOf(args, context), args, context)
  const out = args.text('out')
  const [only] = files
  if (out === undefined) {
    print(context, {files}, () => (only && files.length === 1 ? only.text : shown(files)))
    return 0
  }
  // A document is a file, what is several files a folder.
  const isFile = files.length === 1 && /\.\w+$/.test(out)
  for (const {path, text} of files)
    await context.files.write(resolve(context.cwd, out, isFile ? '' : path), Buffer.from(text))
  const where = isFile ? out : join(out, '/')
  print(context, {out: where, files: files.map(f => f.path)}, () =>
    isFile ? `${where}\n` : `${count(files.length, 'file')} in ${where}\n`,
  )
  return 0
}

/** The files of one site, paths below a folder of their own. */
export async function filesOf(emission: Emission, args: Args, context: Context): Promise<EmittedFile[]> {
  const {plan, matrix, parameters, site} = emission
  const given: Given = {plan, matrix, parameters, bindings: site?.bindings}
  const hops = hopsOf(args, plan)
  switch (args.text('to')) {
    case 'github-issue':
      return [{path: 'issue.md', text: issue(given, hops)}]
    case 'argo-workflow':
      return workflowFiles(given)
    case 'argocd':
    case 'flux': {
      const current = plan.hops[(hopNumber(args, plan) ?? 1) - 1]
      if (!current) return []
      const texts = site ? await textsNow(site, context) : new Map<string, string>()
      const engine = args.text('to') === 'flux' ? 'flux' : 'argocd'
      return gitopsFiles(engine, given, current, file => texts.get(file))
    }
    default:
      return [{path: 'runbook.md', text: runbook(given, hops)}]
  }
}

function shown(files: readonly EmittedFile[]): string {
  return files.map(({path, text}) => `# ${path}\n${text}`).join('---\n')
}
