import {z} from 'zod'
import type {Action} from '../upgrade/actions/action.ts'
import type {UpgradePlan} from '../upgrade/plan.ts'

/** What every record has: its number from 1 on, without gaps, and when it was written (milliseconds since 1970). */
const numbered = {seq: z.number().int().min(1), at: z.number()}
const task = z.string()
const attempt = z.number().int().min(1)
const answer = z.object({code: z.number(), stdout: z.string(), stderr: z.string()})
const way = z.enum(['forward', 'back', 'emergency'])

const record = z.discriminatedUnion('kind', [
  /** The first of a journal, and the only one that has a version. */
  z.object({
    ...numbered,
    kind: z.literal('run'),
    version: z.literal(1),
    run: z.string(),
    digest: z.string(),
    /** A digest of each parameter that was given, by name; journals of before 0.3 have none. */
    parameters: z.record(z.string(), z.string()).optional(),
    plan: z.unknown(),
  }),
  /** A process takes the run up. */
  z.object({...numbered, kind: z.literal('session'), holder: z.string(), fence: z.number(), way}),
  /** It will act; what would take that back is told as it can be seen before. */
  z.object({
    ...numbered,
    kind: z.literal('intent'),
    task,
    attempt,
    saw: z.string(),
    undo: z.array(z.unknown()).optional(),
  }),
  /** Its calls have ended well; what they began may go on. */
  z.object({...numbered, kind: z.literal('acted'), task, attempt, answers: z.array(answer)}),
  /** `by`: the run, what was so already, or a person. */
  z.object({
    ...numbered,
    kind: z.literal('done'),
    task,
    by: z.enum(['run', 'already', 'person']),
    saw: z.string(),
  }),
  z.object({...numbered, kind: z.literal('failed'), task, saw: z.string()}),
  /** A person has looked and says that it may be tried again. */
  z.object({...numbered, kind: z.literal('again'), task}),
  /** What a dead run left in progress was cleared away. */
  z.object({...numbered, kind: z.literal('recovered'), task, saw: z.string()}),
  /** Observed to be complete: the clock of its way back starts. */
  z.object({...numbered, kind: z.literal('hop'), hop: z.number().int(), way}),
  z.object({...numbered, kind: z.literal('pause'), until: z.number().optional(), why: z.string()}),
  z.object({
    ...numbered,
    kind: z.literal('end'),
    outcome: z.enum(['complete', 'rolled-back', 'mitigated']),
    saw: z.string(),
  }),
])

export const recordSchema = record
export type Record = z.output<typeof record>
export type Way = z.output<typeof way>

type Numbered = 'seq' | 'at'
/** A record before it has got its number. */
export type Entry = Record extends infer R ? (R extends Record ? Omit<R, Numbered> : never) : never

export type Header = Omit<Extract<Record, {kind: 'run'}>, 'plan'> & {plan: UpgradePlan}
export type Undo = readonly Action[]
