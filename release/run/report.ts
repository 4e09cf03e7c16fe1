import {durationText} from '../lib/duration.ts'
import {hopTitle} from '../upgrade/render/text.ts'
import type {Journal} from './journal.ts'
import type {Record} from './record.ts'
import {stateOf} from './state.ts'

/** The story of a run for those who were not there, as Markdown; what only people know is left for them to write. */
export function reportOf({header, records}: Journal): string {
  const {plan, run} = header
  const state = stateOf(records)
  const last = records.at(-1) ?? header
  const sessions = records.filter(r => r.kind === 'session')
  const failures = records.filter(r => r.kind === 'failed')
  const ended = state.ended ? `${state.ended.outcome}: ${state.ended.saw}` : 'not ended'
  const blocks = [
    `# Upgrade run ${run} of ${plan.product}`,
    [
      `- Outcome: ${ended}`,
      `- From ${time(header.at)} to ${time(last.at)}: ${durationText(rounded(last.at - header.at))}`,
      `- Taken up ${sessions.length} times, by ${[...new Set(sessions.map(s => s.holder))].join(', ') || 'nobody'}`,
      `- Failures: ${failures.length}`,
    ].join('\n'),
    '## Hops',
    table(
      ['hop', 'move', 'state', 'disruption'],
      plan.hops.map(hop => [
        String(hop.number),
        hopTitle(hop),
        hopState(hop.number, records),
        hop.disruption,
      ]),
    ),
    ...(failures.length === 0
      ? []
      : ['## What failed', failures.map(f => `- ${time(f.at)} ${f.task}: ${f.saw}`).join('\n')]),
    ...lost(header, state.back),
    '## What happened',
    table(
      ['time', 'step', 'what'],
      records.map(record => [time(record.at), 'task' in record ? record.task : '', words(record)]),
    ),
    '## To be written by people',
    ['Root cause', 'What users saw', 'What to change in runbook and matrix', 'When to try again']
      .map(t => `- ${t}:`)
      .join('\n'),
  ]
  return `${blocks.join('\n\n')}\n`
}

/** A hop's own words: how far it came, and whether it was taken back. */
export function hopState(hop: number, records: readonly Record[]): string {
  const state = stateOf(records)
  if (state.back.has(hop)) return 'taken back'
  const at = state.complete.get(hop)
  if (at !== undefined) return `complete ${time(at)}`
  const prefix = `${hop}.`
  // What a person approved beforehand has not begun by that.
  const own = records.filter(
    r => 'task' in r && r.task.startsWith(prefix) && !(r.kind === 'done' && r.by === 'person'),
  )
  const last = own.at(-1)
  if (!last || !('task' in last)) return 'not begun'
  return last.kind === 'failed' ? `failed at ${last.task}` : `at ${last.task}`
}

function lost({plan}: Journal['header'], back: ReadonlySet<number>): string[] {
  const lines = plan.hops
    .filter(hop => back.has(hop.number) && hop.reversible.doesNotRestore.length > 0)
    .map(hop => `- ${hopTitle(hop)}: ${hop.reversible.doesNotRestore.join('; ')}`)
  return lines.length === 0 ? [] : ['## What going back did not restore', lines.join('\n')]
}

/** One record in words. */
export function words(record: Record): string {
  switch (record.kind) {
    case 'run':
      return `the run ${record.run} begins`
    case 'session':
      return `${record.holder} takes it up (${record.way}, fence ${record.fence})`
    case 'intent':
      return `try ${record.attempt}; before it: ${record.saw}`
    case 'acted':
      return 'acted'
    case 'done':
      return `${record.by === 'run' ? 'done' : record.by === 'already' ? 'was so already' : 'by a person'}: ${record.saw}`
    case 'failed':
      return `failed: ${record.saw}`
    case 'again':
      return 'a person says: try again'
    case 'recovered':
      return record.saw
    case 'hop':
      return record.way === 'back' ? `hop ${record.hop} is taken back` : `hop ${record.hop} is complete`
    case 'pause':
      return record.until === undefined ? record.why : `waits until ${time(record.until)}: ${record.why}`
    case 'end':
      return `${record.outcome}: ${record.saw}`
  }
}

function time(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')
}

function rounded(milliseconds: number): number {
  return Math.max(Math.round(milliseconds / 1000), 1) * 1000
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map(c => c.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
