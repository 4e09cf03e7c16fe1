import {reportOf} from '../run/report.ts'
import type {Run} from './command.ts'
import {print} from './output.ts'
import {journalOf} from './upgrade-status.ts'

export const run: Run = async (args, context) => {
  const journal = await journalOf(args.words[0] ?? '', context)
  print(context, {run: journal.header.run, records: journal.records}, () => reportOf(journal))
  return 0
}
