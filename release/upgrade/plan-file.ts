import {z} from 'zod'
import {DiagnosticError, fail} from '#lib/diagnostics.ts'
import type {UpgradePlan} from './plan.ts'

/*
 * What is read back is what planUpgrade wrote, perhaps by another version of this program or changed by a person, so
 * what stages stand on is looked at; keys that this version does not know are kept.
 */
const step = z.looseObject({
  phase: z.enum(['before', 'backup', 'change', 'wait', 'verify', 'rollback']),
  procedure: z.string(),
  title: z.string(),
  run: z.array(z.string()).optional(),
  expect: z.string().optional(),
  timeout: z.number().optional(),
})

const hop = z.looseObject({
  number: z.number().int().min(1),
  name: z.string(),
  component: z.string(),
  instance: z.string().optional(),
  members: z.array(z.string()).min(1),
  from: z.string(),
  to: z.string(),
  level: z.string(),
  why: z.array(z.looseObject({kind: z.enum(['wanted', 'rule', 'waypoint']), text: z.string()})),
  disruption: z.enum(['none', 'restart', 'drain', 'downtime']),
  reversible: z.looseObject({
    kind: z.enum(['always', 'until', 'only-if', 'never', 'unknown']),
    when: z.array(z.string()),
    doesNotRestore: z.array(z.string()),
  }),
  risks: z.array(z.looseObject({name: z.string(), message: z.string(), known: z.boolean()})),
  checks: z.array(z.string()),
  steps: z.array(step),
  rollback: z.array(step),
  soak: z.object({min: z.number().optional(), max: z.number().optional()}).optional(),
  state: z.record(z.string(), z.string()),
})

const cost = z.looseObject({irreversible: z.number(), disruptive: z.number(), steps: z.number()})

const planSchema = z.looseObject({
  apiVersion: z.literal('lockstep/v1'),
  kind: z.literal('UpgradePlan'),
  now: z.string(),
  product: z.string(),
  objective: z.array(z.string()),
  current: z.record(z.string(), z.string()),
  wanted: z.record(z.string(), z.string()),
  exact: z.boolean(),
  cost,
  atLeast: cost,
  hops: z.array(hop),
  end: z.record(z.string(), z.string()),
  notes: z.array(z.string()),
})

/**
 * An upgrade plan, as `upgrade plan -o json` writes it.
 * @throws DiagnosticError J011 it is none, J012 its hops do not follow each other; exit 2
 */
export function readPlan(text: string, file: string): UpgradePlan {
  const read = planSchema.safeParse(jsonOf(text, file))
  if (!read.success)
    throw new DiagnosticError(
      told(read.error.issues).map(({path, message}) => ({
        code: 'J011',
        severity: 'error',
        message: `this is no upgrade plan: ${path.length === 0 ? '' : `${path.join('.')}: `}${message}`,
        place: {file, line: 1, col: 1},
        hint: '`lockstep upgrade plan … -o json` writes one',
      })),
      2,
    )
  // The shape was looked at above as far as anything stands on it.
  const plan = read.data as unknown as UpgradePlan
  const wrong = plan.hops.find((one, i) => one.number !== i + 1)
  if (wrong)
    fail(
      {
        code: 'J012',
        message: `the hops of the plan do not follow each other: hop ${wrong.number} is out of place`,
        place: {file, line: 1, col: 1},
        hint: 'plan again; a plan is not edited by hand',
      },
      2,
    )
  return plan
}

/** Of a file of another kind, that it is one says all; a list of what it lacks would bury it. */
function told<T extends {path: readonly PropertyKey[]}>(issues: readonly T[]): readonly T[] {
  const kind = issues.filter(({path}) => path[0] === 'apiVersion' || path[0] === 'kind')
  return kind.length > 0 ? kind : issues
}

function jsonOf(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    return fail(
      {
        code: 'J011',
        message: `this is no upgrade plan: ${error instanceof Error ? error.message : 'no JSON'}`,
        place: {file, line: 1, col: 1},
        hint: '`lockstep upgrade plan … -o json` writes one',
      },
      2,
    )
  }
}
