import {fail} from '#lib/diagnostics.ts'
import type {UpgradePlan} from '../upgrade/plan.ts'
import {type Entry, type Header, type Record, recordSchema} from './record.ts'
import type {Log, World} from './world.ts'

/** The story of one run, from its first record on. */
export type Journal = {
  readonly header: Header
  readonly records: readonly Record[]
}

/**
 * Reads a journal. A last line that was not written to its end is as good as not written: nothing was done on it.
 * @throws DiagnosticError Q001 it is none, or of a version that this program does not know; Q002 a record is broken or
 * missing; exit 2
 */
export function readJournal(text: string): Journal {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  const lines = whole.split('\n').slice(0, -1)
  const records = lines.map((line, i) => readRecord(line, i + 1))
  const [header] = records
  if (header?.kind !== 'run') refuse('Q001', 'this is no journal of an upgrade')
  return {header: {...header, plan: header.plan as UpgradePlan}, records}
}

function readRecord(line: string, seq: number): Record {
  const data = jsonOf(line)
  if (seq === 1 && typeof data === 'object' && data !== null && 'version' in data && data.version !== 1)
    refuse('Q001', `the journal is of version ${String(data.version)}, and this program knows version 1`)
  const read = recordSchema.safeParse(data)
  if (!read.success)
    refuse(
      seq === 1 ? 'Q001' : 'Q002',
      seq === 1 ? 'this is no journal of an upgrade' : `line ${seq} is broken`,
    )
  if (read.data.seq !== seq) refuse('Q002', `line ${seq} has the number ${read.data.seq}`)
  return read.data
}

/** A journal that is written on. */
export type Writer = {
  readonly journal: Journal
  write(entry: Entry): Promise<Record>
}

/**
 * Goes on with a journal, or begins one.
 * @param told hears of every record once it is on the disk
 */
export function writerOf(
  header: Header,
  records: readonly Record[],
  log: Log,
  world: Pick<World, 'now'>,
  told: (record: Record) => void,
): Writer {
  const kept = [...records]
  return {
    journal: {header, records: kept},
    write: async entry => {
      const record = {seq: kept.length + 1, at: world.now(), ...entry} as Record
      await log.append(JSON.stringify(record))
      kept.push(record)
      told(record)
      return record
    },
  }
}

/** What a run is begun with: its name, which no other run of the site has ({{run}} in steps), the plan, and digests of what is given. */
export type Begun = Pick<Header, 'run' | 'digest' | 'parameters' | 'plan'>

export async function beginJournal(
  begun: Begun,
  log: Log,
  world: Pick<World, 'now'>,
  told: (record: Record) => void,
): Promise<Writer> {
  const header: Header = {seq: 1, at: world.now(), kind: 'run', version: 1, ...begun}
  await log.append(JSON.stringify(header))
  told(header)
  return writerOf(header, [header], log, world, told)
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function refuse(code: string, message: string): never {
  fail({code, message, hint: 'another journal, or a new one: --journal names it'}, 2)
}
