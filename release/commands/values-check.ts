import {parse} from 'yaml'
import {DiagnosticError, fail} from '#lib/diagnostics.ts'
import {parseYaml} from '#lib/yaml.ts'
import {type ChartValues, chartValues, isMap} from '../emit/values/chart.ts'
import {type ChangedDefault, checkValues} from '../emit/values/check.ts'
import {readChart} from './chart-source.ts'
import type {Args, Context, Run} from './command.ts'
import {tellGitHub} from './github.ts'
import {count, print} from './output.ts'
import {renderProblems} from './problems.ts'
import {readGiven} from './read-files.ts'

/** Whether values fit a chart; 1 when there is an error. */
export const run: Run = async (args, context) => {
  const file = args.text('values') ?? missing('values')
  const reference = args.text('chart') ?? missing('chart')
  const bytes = await readGiven(context, file)
  const source = parseYaml(bytes, file)
  if (source.diagnostics.length > 0) throw new DiagnosticError(source.diagnostics)
  const values: unknown = parse(source.text, {version: '1.1', merge: true}) ?? {}
  if (!isMap(values))
    fail({
      code: 'J125',
      message: `${file} is no map of values`,
      place: {file, line: 1, col: 1},
      hint: 'values are keys and what they are',
    })
  const chart = await chartOf(reference, args, context)
  const from = args.text('from')
  const before = from === undefined ? undefined : await chartOf(earlier(reference, from), args, context)
  const {diagnostics, changed} = checkValues(values, source, chart, before)
  const problems =
    diagnostics.length > 0
      ? await renderProblems(diagnostics, {cwd: context.cwd, format: 'text'}, context.color)
      : ''
  await tellGitHub(diagnostics, context)
  const target = {chart: chart.name, version: chart.version, ...(before ? {from: before.version} : {})}
  print(
    context,
    {...target, diagnostics, changed},
    () => `${problems}${endText(chart, before, diagnostics.length, changed)}`,
  )
  return diagnostics.some(d => d.severity === 'error') ? 1 : 0
}

function missing(option: string): never {
  return fail({code: 'J126', message: `--${option} is missing`, hint: 'lockstep values check --help'}, 2)
}

async function chartOf(reference: string, args: Args, context: Context): Promise<ChartValues> {
  return chartValues(await readChart(reference, args, context), reference)
}

/** `--from 0.1.0` is another tag of the same reference; anything else is a chart of its own. */
function earlier(reference: string, from: string): string {
  if (!/^v?\d+\.\d+/.test(from) || from.includes('/')) return from
  const [, repository] = /^(oci:.+):[^:/]+$/.exec(reference) ?? []
  if (repository !== undefined) return `${repository}:${from}`
  return fail(
    {
      code: 'J126',
      message: `--from ${from} needs a chart in a registry: ${reference} has one version`,
      hint: '--from takes a folder or an archive of the earlier chart as well',
    },
    2,
  )
}

function endText(
  chart: ChartValues,
  before: ChartValues | undefined,
  problems: number,
  changed: readonly ChangedDefault[],
): string {
  const lines = changed.map(
    ({path, from, to}) => `  ${path}: ${JSON.stringify(from)} → ${JSON.stringify(to)}\n`,
  )
  const news =
    lines.length > 0
      ? `Defaults that are others since ${before?.version}, and that your values leave to the chart:\n${lines.join('')}`
      : ''
  const end = `${problems === 0 ? 'no problem' : count(problems, 'problem')} with ${chart.name} ${chart.version}\n`
  return `${news}${end}`
}
