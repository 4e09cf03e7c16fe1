import {fail} from '#lib/diagnostics.ts'
import {type Change, changesOf, judgeChange} from '../upgrade/site/change.ts'
import type {Run} from './command.ts'
import {givenOf} from './compat-given.ts'
import {tellGitHub} from './github.ts'
import {print} from './output.ts'
import {renderProblems} from './problems.ts'
import {boundAt, loadSite} from './site-files.ts'
import {today} from './today.ts'
import {factsOf, policyOf} from './upgrade-request.ts'

/** Judges the versions that a range of commits changes; 1 when there is an error. */
export const run: Run = async (args, context) => {
  const [base, head] = rangeOf(args.words[0] ?? '')
  const site = await loadSite(context, args.text('bindings'))
  const before = await boundAt(site, base, context)
  const after = await boundAt(site, head, context)
  const {values = {}} = givenOf(site.matrix, [], args.list('set'))
  const facts = factsOf(args)
  const more = {now: args.text('now') ?? today(), values, facts, policy: policyOf(args, site.matrix)}
  const changes = changesOf(before, after)
  const diagnostics = judgeChange(site.matrix, before, after, more)
  const problems =
    diagnostics.length > 0
      ? await renderProblems(diagnostics, {cwd: context.cwd, format: 'text'}, context.color)
      : ''
  await tellGitHub(diagnostics, context)
  print(
    context,
    {base, head, changes, diagnostics},
    () => `${changes.map(changeText).join('') || 'No version changes.\n'}${problems}`,
  )
  return diagnostics.some(d => d.severity === 'error') ? 1 : 0
}

function rangeOf(text: string): [base: string, head: string] {
  const [, base, head] = /^(.+?)\.\.\.?(.+)$/.exec(text) ?? []
  if (base === undefined || head === undefined)
    fail(
      {
        code: 'C082',
        message: `${JSON.stringify(text)} is no range of commits`,
        expected: 'BASE..HEAD, such as origin/main..HEAD',
      },
      2,
    )
  return [base, head]
}

function changeText({name, from, to}: Change): string {
  return `${name} ${from} → ${to}\n`
}
