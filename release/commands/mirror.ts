import {fail} from '#lib/diagnostics.ts'
import {inputsType} from '../archive/artifact.ts'
import type {Target} from '../lib/oci/target.ts'
import {parseTarget} from '../lib/registry/reference.ts'
import {writeArchive} from '../mirror/archive.ts'
import {type Content, readContent} from '../mirror/content.ts'
import {copyContent, type MirrorAction, planMirror} from '../mirror/copy.ts'
import {type Consumer, consumers, settings, valuesFor} from '../mirror/settings.ts'
import type {Args, Context, Run} from './command.ts'
import {count, type Paint, print, table} from './output.ts'
import {needTo} from './release-publish.ts'
import {archiveFile, isLayout, openTarget} from './target.ts'
import {versionOf} from './version-word.ts'
import {loadMatrixOnly, loadWorkspace} from './workspace.ts'

/** Copies a published release, whole and byte by byte, to a registry, a folder or one file. */
export const run: Run = async (args, context) => {
  const version = versionOf(args.words[0])
  const to = args.text('to') ?? needTo()
  const consumer = consumers.find(c => c === args.text('settings'))
  if (consumer) return printSettings(consumer, to, context)
  const {matrix} = await loadMatrixOnly(context)
  const registry = matrix.release?.registry ?? 'oci:dist/oci'
  const from = openTarget(args.text('from') ?? registry, args, context)
  const task = context.progress.task(`Looking at ${from.name}`)
  const content = await readContent(from, {
    product: matrix.product.id,
    version,
    floating: !args.flag('no-floating'),
    ...(args.flag('inputs') ? {} : {without: new Set([inputsType])}),
  })
  task.done()
  const file = archiveFile(to, context)
  return file === undefined
    ? intoTarget(content, from, to, args, context)
    : intoFile(content, from, file, args, context)
}

async function printSettings(consumer: Consumer, to: string, context: Context): Promise<0> {
  const {matrix, components} = await loadWorkspace(context)
  const place = parseTarget(to)
  const {product, release} = matrix
  if (place.kind !== 'registry' || !release)
    fail({code: 'C005', message: `${to} is no registry, and clusters pull from registries`}, 2)
  const copy = [place.host, place.prefix].filter(Boolean).join('/')
  const input = {registry: release.registry, copy, chart: product.id, components}
  const text = settings(consumer, input)
  print(context, {consumer, copy, values: valuesFor(input), text}, () => text)
  return 0
}

async function intoFile(
  content: Content,
  from: Target,
  file: string,
  args: Args,
  context: Context,
): Promise<0> {
  const {files, progress} = context
  const {action, bytes} = await writeArchive(content, from, file, files, progress, args.flag('force'))
  const artifacts = content.groups.length
  const result = {from: from.name, target: `oci-archive:${file}`, dryRun: false, action, artifacts, bytes}
  print(context, result, () => {
    const what = `${count(artifacts, 'artifact')} of ${content.product} ${content.version}, ${size(bytes)}`
    return action === 'done' ? `${file} holds ${what} already: nothing to do\n` : `${file} holds ${what}\n`
  })
  return 0
}

async function intoTarget(
  content: Content,
  from: Target,
  to: string,
  args: Args,
  context: Context,
): Promise<0> {
  const target = openTarget(to, args, context)
  const tasks = await planMirror(content, from, target)
  const acts = isLayout(to) || args.flag('yes')
  if (acts) await copyContent(tasks, from, target, context.progress)
  const actions = tasks.map(({group: _, open: __, ...action}): MirrorAction => action)
  const bytes = actions.reduce((sum, a) => sum + a.bytes, 0)
  const result = {from: from.name, target: target.name, dryRun: !acts, bytes, actions}
  print(context, result, paint => mirrorText(result, paint, context.width))
  return 0
}

type Result = {target: string; dryRun: boolean; bytes: number; actions: MirrorAction[]}

function mirrorText({target, dryRun, bytes, actions}: Result, paint: Paint, width?: number): string {
  const rows = actions.map(a => [
    isOpen(a) ? (dryRun ? 'copy' : 'copied') : 'there',
    a.digest.slice(7, 19),
    a.bytes > 0 ? size(a.bytes) : '-',
    `${a.missing}/${a.manifests}`,
    [a.repository, ...[...a.tags, ...a.floating].map(tag => `:${tag}`)].join(' '),
  ])
  const open = actions.filter(isOpen)
  const what = `${count(open.length, 'artifact')} (${size(bytes)})`
  const end =
    open.length === 0
      ? `all ${count(actions.length, 'artifact')} were there already: nothing to do`
      : dryRun
        ? `a dry run: ${what} would be copied to ${target}; run it again with --yes to do so`
        : `${what} copied to ${target}`
  const list = table(['ACTION', 'DIGEST', 'SIZE', 'MISSING', 'ARTIFACT AND TAGS TO SET'], rows, paint, width)
  return `${list}\n${end}\n`
}

function isOpen({missing, tags, floating}: MirrorAction): boolean {
  return missing + tags.length + floating.length > 0
}

function size(bytes: number): string {
  return bytes < 2 ** 20 ? `${(bytes / 2 ** 10).toFixed(1)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`
}
