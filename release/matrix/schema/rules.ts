import {z} from 'zod'
import {action, commandKeys, desired, probe} from './actions.ts'
import {cited} from './facts.ts'
import {bool, duration, id, int, range, text, value, version} from './scalars.ts'

/** `of` minus `to`, in whole minors, must lie within min and max; each instance by itself. */
const skew = z.strictObject({of: id, to: id, min: int, max: int})

/**
 * All of its parts must hold. A key that is not one of the reserved words is a component, its value a range:
 * `{kubernetes: '>=1.34', any: [{containerd: '>=1.7'}, {cri-o: '>=1.28'}]}`.
 */
export type Condition = {
  all?: Condition[] | undefined
  any?: Condition[] | undefined
  not?: Condition | undefined
  values?: Record<string, string | null> | undefined
  skew?: {of: string; to: string; min: number; max: number} | undefined
  versions: Record<string, string>
}
export const reservedConditionKeys = ['all', 'any', 'not', 'values', 'skew'] as const

const conditionInput = z
  .object({
    get all() {
      return z.array(condition).min(1).optional()
    },
    get any() {
      return z.array(condition).min(1).optional()
    },
    get not() {
      return condition.optional()
    },
    values: z.record(z.string(), value).optional(),
    skew: skew.optional(),
  })
  .catchall(range)

export const condition: z.ZodType<Condition> = conditionInput.transform(
  ({all, any, not, values, skew, ...versions}) => ({
    ...(all ? {all} : {}),
    ...(any ? {any} : {}),
    ...(not ? {not} : {}),
    ...(values ? {values} : {}),
    ...(skew ? {skew} : {}),
    versions: versions as Record<string, string>,
  }),
)

export const rule = z.strictObject({
  id,
  title: text.optional(),
  /** Where the rule speaks; left out, everywhere. */
  when: condition.optional(),
  /** What must then hold. A rule of level `broken` without it says that `when` itself does not work. */
  requires: condition.optional(),
  ...cited,
  because: text,
})
export type Rule = z.output<typeof rule>

const disruption = z.enum(['none', 'restart', 'drain', 'downtime'])

/** A fact of the cluster or the site that a plan asks about; one that cannot be evaluated counts as present. */
const predicate = z.strictObject({fact: text, holds: value.optional()})

const back = z.strictObject({
  /** Left out with `when`, the way back is always open. */
  within: duration.optional(),
  when: z.array(predicate).default([]),
  /** The procedure that goes back. */
  procedure: id.optional(),
  doesNotRestore: z.array(text).default([]),
  /** What is left when the way back is closed. */
  after: z.enum(['restore', 'blue-green', 'nothing']).default('nothing'),
  because: text.optional(),
})

export const transition = z.strictObject({
  id,
  /** A component or a group. */
  component: id,
  from: range.optional(),
  to: range.optional(),
  /** How far one step may go, in units of each part; a part left out does not limit. */
  step: z
    .strictObject({major: int.optional(), minor: int.optional(), patch: int.optional(), down: int.optional()})
    .optional(),
  /** Only these moves. */
  edges: z.array(z.strictObject({from: range, to: range})).optional(),
  /** Must be passed, one of them. */
  via: z.array(range).optional(),
  deny: z.array(range).default([]),
  /** What must be so before the step; what is not known becomes a check of the plan. */
  when: z.array(predicate).default([]),
  risks: z
    .array(
      z.strictObject({name: id, when: z.array(predicate).default([]), message: text, source: id.optional()}),
    )
    .default([]),
  /** Rules that must hold on both sides of the step. */
  guards: z.array(id).default([]),
  order: int.optional(),
  direct: z.enum(['yes', 'no', 'migration']).optional(),
  /** The old version is uninstalled before the new one is installed; other hops may lie between. */
  reinstall: bool.optional(),
  disruption: disruption.default('none'),
  soak: z.strictObject({min: duration.optional(), max: duration.optional()}).optional(),
  back: back.optional(),
  ...cited,
  because: text,
})
export type Transition = z.output<typeof transition>

/** At most one of `set`, `do`, `probe` and `run`; a step without any is for a person. */
export const step = z
  .strictObject({
    id: id.optional(),
    title: text,
    set: desired.optional(),
    do: action.optional(),
    probe: probe.optional(),
    run: z.array(text).optional(),
    ...commandKeys,
    expect: text.optional(),
    timeout: duration.optional(),
    because: text.optional(),
    /** Of a reinstallation: with which of its two hops the step goes; `between` is what other hops of a plan do. */
    leg: z.enum(['uninstall', 'between', 'install']).optional(),
  })
  .refine(
    ({set, do: typed, probe, run}) => [set, typed, probe, run].filter(Boolean).length < 2,
    'must have one of `set`, `do`, `probe` and `run` at most',
  )
export type Step = z.output<typeof step>

/** What an operator may see while a procedure is done, whatever the version; a version's own are its known issues. */
const symptom = z.strictObject({
  symptom: text,
  cause: text,
  cure: text,
  /** Commands of the cure. */
  run: z.array(text).default([]),
  source: id.optional(),
})

export const procedure = z.strictObject({
  id,
  title: text,
  component: id.optional(),
  /** Only when a move goes over this version. */
  crossing: version.optional(),
  /** The kind of move, where procedures differ by it; `manual` and `site` get into a plan only where a site names them. */
  move: z.enum(['install', 'patch', 'minor', 'major', 'manual', 'rollback', 'site', 'any']).default('any'),
  parameters: z.record(z.string(), text).default({}),
  before: z.array(step).default([]),
  backup: z.array(step).default([]),
  change: z.array(step).default([]),
  wait: z.array(step).default([]),
  verify: z.array(step).default([]),
  rollback: z.array(step).default([]),
  symptoms: z.array(symptom).default([]),
  source: id.optional(),
  asOf: cited.asOf.optional(),
})
export type Procedure = z.output<typeof procedure>
