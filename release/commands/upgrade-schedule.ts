import {type Diagnostic, DiagnosticError} from '#lib/diagnostics.ts'
import {durationText} from '../lib/duration.ts'
import {parseWindow, windowExample} from '../lib/windows.ts'
import {duration} from '../matrix/schema/scalars.ts'
import type {UpgradePlan} from '../upgrade/plan.ts'
import {hopTitle} from '../upgrade/render/text.ts'
import {type ScheduledHop, type ScheduleOptions, schedulePlan} from '../upgrade/schedule.ts'
import type {Args, Run} from './command.ts'
import {type Paint, print, table} from './output.ts'
import {planInput} from './plan-input.ts'

/** 1 when something does not fit. */
export const run: Run = async (args, context) => {
  const options = optionsOf(args, Date.now())
  const plan = await planInput(args.words[0] ?? '', context)
  const hops = schedulePlan(plan, options)
  print(context, {hopTime: options.hopTime, hops}, paint =>
    scheduleText(plan, hops, options, paint, context.width),
  )
  return hops.some(hop => hop.problems.length > 0) ? 1 : 0
}

/** @throws DiagnosticError J040, all at once, exit 2 */
function optionsOf(args: Args, now: number): ScheduleOptions {
  const problems: Diagnostic[] = []
  const wrong = (option: string, text: string, expected: string) =>
    problems.push({
      code: 'J040',
      severity: 'error',
      message: `--${option} ${JSON.stringify(text)} cannot be read`,
      expected,
    })
  const startText = args.text('start')
  const start = startText === undefined ? Math.ceil(now / 60_000) * 60_000 : instantOf(startText)
  if (start === undefined) wrong('start', startText ?? '', '2026-11-28 or 2026-11-28T22:00 (UTC)')
  const windows = args.list('window').flatMap(text => {
    const window = parseWindow(text)
    if (!window) wrong('window', text, `DAYS FROM-TO [ZONE], such as ${windowExample}`)
    return window ?? []
  })
  const hopText = args.text('hop-time') ?? '1h'
  const hopTime = duration.safeParse(hopText)
  if (!hopTime.success) wrong('hop-time', hopText, '90s, 30m, 6h or 7d')
  if (problems.length > 0) throw new DiagnosticError(problems, 2)
  return {start: start ?? now, windows, hopTime: hopTime.data ?? 0}
}

function instantOf(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\dZ?)?$/.test(text)) return undefined
  const instant = Date.parse(text.length === 16 ? `${text}Z` : text)
  return Number.isNaN(instant) ? undefined : instant
}

function scheduleText(
  plan: UpgradePlan,
  scheduled: readonly ScheduledHop[],
  {hopTime}: ScheduleOptions,
  paint: Paint,
  width?: number,
): string {
  if (scheduled.length === 0) return 'Nothing to do: the current versions are what is wanted.\n'
  const rows = scheduled.map((hop, i) => {
    const planned = plan.hops[i]
    return [
      String(hop.number),
      planned ? hopTitle(planned) : '',
      hop.begins,
      hop.soakedAt ?? '',
      hop.undoUntil ?? (planned?.reversible.kind === 'never' ? 'no way back' : ''),
    ]
  })
  const problems = scheduled.flatMap(({number, problems}) =>
    problems.map(text => paint('red', `✖ hop ${number}: ${text}\n`)),
  )
  const head = ['', 'hop', 'begins', 'soaked at', 'undo until']
  return `${table(head, rows, paint, width)}${problems.join('')}\nEach hop is taken to last ${durationText(hopTime)}; times are UTC.\n`
}
