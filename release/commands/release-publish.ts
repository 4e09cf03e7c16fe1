import {resolve} from 'node:path'
import {fail} from '#lib/diagnostics.ts'
import type {Attachment} from '../publish/attest.ts'
import {isOpen, planAttest, planPublish, publish, type TagAction} from '../publish/publish.ts'
import {readStaged} from '../publish/staged.ts'
import type {Args, Context, Run} from './command.ts'
import {count, type Paint, print, table} from './output.ts'
import {rootOf} from './read-files.ts'
import {isLayout, openTarget} from './target.ts'
import {signingOf} from './trust.ts'

export const run: Run = async (args, context) => {
  const staged = await readStaged(distOf(args, context), context.files)
  const to = args.text('to') ?? needTo(staged.plan.registry)
  const target = openTarget(to, args, context)
  const acts = isLayout(to) || args.flag('yes')
  const signing = await signingOf(args, staged, context)
  const attachments: Attachment[] = []
  const attached = (some: readonly Attachment[]) => attachments.push(...some)
  const actions = acts
    ? await publish(staged, target, context.progress, signing && {...signing, attached})
    : await planPublish(staged, target)
  if (!acts && signing) attachments.push(...(await planAttest(staged, target, signing)))
  const result = {target: target.name, dryRun: !acts, actions, attachments}
  print(context, result, paint => publishText(result, paint, context.width))
  return 0
}

/** The folder of the built release that a command works on: `--from DIR`, else dist/ of the checkout. */
export function distOf(args: Args, context: Context): string {
  const dir = args.text('from')
  return dir === undefined ? resolve(rootOf(context), 'dist') : resolve(context.cwd, dir)
}

/** @param own the registry of the matrix, if that may be meant @throws C005, exit 2 */
export function needTo(own?: string): never {
  fail(
    {
      code: 'C005',
      message: 'where to is missing',
      expected: '--to oci:DIR or --to REGISTRY/PREFIX',
      ...(own === undefined ? {} : {hint: `the matrix's own registry is --to ${own}`}),
    },
    2,
  )
}

type Result = {target: string; dryRun: boolean; actions: TagAction[]; attachments: Attachment[]}

function publishText(result: Result, paint: Paint, width: number | undefined): string {
  const {target, dryRun, actions} = result
  const open = actions.filter(isOpen)
  const rows = actions.map(a => [
    words[a.action][dryRun ? 0 : 1],
    a.digest.slice(7, 19),
    `${a.repository}:${a.tag}`,
  ])
  const end =
    open.length === 0
      ? `all ${count(actions.length, 'tag')} were there already: nothing to do`
      : dryRun
        ? `a dry run: ${count(open.length, 'tag')} would be set in ${target}; run it again with --yes to do so`
        : `${count(open.length, 'tag')} set in ${target}`
  return `${table(['ACTION', 'DIGEST', 'TAG'], rows, paint, width)}\n${end}\n${attachedText(result)}`
}

function attachedText({dryRun, attachments}: Result): string {
  if (attachments.length === 0) return ''
  const open = attachments.filter(a => a.action === 'push').length
  const what = 'signatures, provenances and bills of materials'
  const done = dryRun ? `${open} would be added` : `${open} added`
  return `${what}: ${done}, ${attachments.length - open} were there\n`
}

const words: Record<TagAction['action'], [dry: string, done: string]> = {
  push: ['push', 'pushed'],
  move: ['move', 'moved'],
  done: ['there', 'there'],
  kept: ['keep', 'kept'],
}
