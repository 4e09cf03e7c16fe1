import {resolve} from 'node:path'
import {issue} from '../emit/issue.ts'
import {runbook} from '../emit/runbook.ts'
import type {Given} from '../emit/tasks.ts'
import type {Hop} from '../upgrade/plan.ts'
import type {Args, Context, Run} from './command.ts'
import {type Emission, emissionOf, hopsOf} from './emit-inputs.ts'
import {print} from './output.ts'

/** A plan as something to carry out, in the form that `--to` names. */
export const run: Run = async (args, context) => {
  const to = args.text('to') ?? 'runbook'
  if (to === 'git' || to === 'pr') return (await import('./emit-git.ts')).run(args, context)
  if (to === 'runbook' || to === 'github-issue') return document(args, context, to)
  return (await import('./emit-files.ts')).run(args, context)
}

const documents: Record<'runbook' | 'github-issue', (given: Given, hops: readonly Hop[]) => string> = {
  runbook,
  'github-issue': issue,
}

async function document(args: Args, context: Context, to: keyof typeof documents): Promise<0> {
  const emission = await emissionOf(args, context)
  const hops = hopsOf(args, emission.plan)
  const text = documents[to](givenOf(emission), hops)
  const out = args.text('out')
  if (out === undefined) {
    print(context, {to, hops: hops.map(hop => hop.number), text}, () => text)
    return 0
  }
  await context.files.write(resolve(context.cwd, out), Buffer.from(text))
  print(context, {to, file: out}, () => `${out}\n`)
  return 0
}

/** What the forms need of it. */
export function givenOf({plan, matrix, parameters, site}: Emission): Given {
  return {plan, matrix, parameters, bindings: site?.bindings}
}
