import {resolve} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {fail} from '#lib/diagnostics.ts'
import {type Journal, readJournal} from '../run/journal.ts'
import {hopState, words} from '../run/report.ts'
import {stateOf} from '../run/state.ts'
import {hopTitle} from '../upgrade/render/text.ts'
import type {Context, Run} from './command.ts'
import {print, table} from './output.ts'

export const run: Run = async (args, context) => {
  const file = args.words[0] ?? ''
  let shown = ''
  for (;;) {
    const journal = await journalOf(file, context)
    const {records} = journal
    const text = `${records.length}`
    if (text !== shown) show(journal, context)
    shown = text
    if (!args.flag('watch') || stateOf(records).ended) return 0
    await sleep(1000, undefined, {signal: context.signal})
  }
}

/** @throws DiagnosticError Q005 there is none; Q001, Q002 */
export async function journalOf(file: string, {cwd, files}: Context): Promise<Journal> {
  const bytes = await files.read(resolve(cwd, file)).catch((cause: unknown) =>
    fail(
      {
        code: 'Q005',
        message: `there is no journal at ${file}`,
        hint: '`upgrade run` writes PLAN.journal beside the plan',
      },
      2,
      {cause},
    ),
  )
  return readJournal(bytes.toString('utf8'))
}

function show({header, records}: Journal, context: Context): void {
  const {plan, run} = header
  const state = stateOf(records)
  const hops = plan.hops.map(hop => ({
    hop: hop.number,
    title: hopTitle(hop),
    state: hopState(hop.number, records),
  }))
  const last = records.at(-1) ?? header
  print(context, {run, way: state.way, hops, last, ended: state.ended}, paint => {
    const rows = hops.map(({hop, title, state: at}) => [String(hop), title, at])
    const task = 'task' in last ? `${last.task} ` : ''
    return `${table(['', 'hop', 'state'], rows, paint, context.width)}${new Date(last.at).toISOString()} ${task}${words(last)}\n`
  })
}
