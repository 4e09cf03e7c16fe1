import {type Diagnostic, DiagnosticError, fail} from '#lib/diagnostics.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import type {Hop, UpgradePlan} from '../upgrade/plan.ts'
import type {Args, Context} from './command.ts'
import {planInput} from './plan-input.ts'
import {loadSite, type Site} from './site-files.ts'
import {loadMatrixValue} from './workspace.ts'

/** What all forms of emitting go by. */
export type Emission = {
  plan: UpgradePlan
  matrix: Matrix
  /** Left out, nobody has said where versions stand: then everything is done by hand. */
  site: Site | undefined
  /** Of the site: those of its bindings, and of the command line over them. */
  parameters: Readonly<Record<string, string>>
}

/**
 * The plan, and the site if there is one: that which `--bindings` names.
 * @throws DiagnosticError of all that is read
 */
export async function emissionOf(args: Args, context: Context): Promise<Emission> {
  const plan = await planInput(args.words[0] ?? '', context)
  const bindings = args.text('bindings')
  const site = bindings === undefined ? undefined : await loadSite(context, bindings)
  const matrix = site?.matrix ?? (await loadMatrixValue(context))
  if (matrix.product.id !== plan.product)
    fail(
      {
        code: 'J109',
        message: `the plan is for ${plan.product}, and the matrix for ${matrix.product.id}`,
        hint: '--matrix, or `uses` of the bindings, names the matrix that it was planned from',
      },
      2,
    )
  return {plan, matrix, site, parameters: {...site?.bindings.parameters, ...parametersOf(args)}}
}

/** `--parameter NAME=VALUE` @throws DiagnosticError J111 without a value */
function parametersOf(args: Args): Record<string, string> {
  const problems: Diagnostic[] = []
  const entries = args.list('parameter').flatMap((text): [string, string][] => {
    const [, name, value] = /^([a-zA-Z][\w.-]*)=(.*)$/s.exec(text) ?? []
    if (name !== undefined && value !== undefined) return [[name, value]]
    problems.push({
      code: 'J111',
      severity: 'error',
      message: `${JSON.stringify(text)} is no parameter`,
      expected: 'NAME=VALUE, such as namespace=kubevirt',
    })
    return []
  })
  if (problems.length > 0) throw new DiagnosticError(problems, 2)
  return Object.fromEntries(entries)
}

type Hops = Pick<UpgradePlan, 'hops'>

/** `--hop N`. @throws DiagnosticError J112 no number of the plan */
export function hopNumber(args: Args, plan: Hops): number | undefined {
  const text = args.text('hop')
  return text === undefined ? undefined : numberOf(`--hop ${text}`, text, 1, plan)
}

/**
 * `--done N`; for one cluster of a fleet `--done CLUSTER=N`, since each is somewhere else.
 * @param cluster of a fleet; undefined where there is one site
 * @throws DiagnosticError J112 no number of the plan, J114 a number without its cluster, or a cluster that is not there
 */
export function hopsDone(args: Args, plan: Hops, cluster?: string): number | undefined {
  const said = args.list('done').map(text => {
    const [, whose, number = ''] = /^(?:([^=]*)=)?(.*)$/s.exec(text) ?? []
    if ((whose === undefined) !== (cluster === undefined))
      fail(
        {
          code: 'J114',
          message: `--done ${text} does not say of which cluster`,
          expected: cluster === undefined ? 'N: there is one site' : `CLUSTER=N, such as ${cluster}=1`,
        },
        2,
      )
    return {whose, value: numberOf(`--done ${text}`, number, 0, plan)}
  })
  return said.findLast(({whose}) => whose === cluster)?.value
}

/** @throws DiagnosticError J114 `--done` of clusters that are not in the fleet; all at once */
export function checkDone(args: Args, clusters: readonly string[]): void {
  const strange = args.list('done').flatMap((text): Diagnostic[] => {
    const [, whose] = /^([^=]*)=/.exec(text) ?? []
    return whose === undefined || clusters.includes(whose)
      ? []
      : [{code: 'J114', severity: 'error', message: `--done ${text}: the fleet has no cluster ${whose}`}]
  })
  if (strange.length > 0) throw new DiagnosticError(strange, 2)
}

/** @throws DiagnosticError J112 */
function numberOf(option: string, text: string, least: number, {hops}: Hops): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= least && value <= hops.length) return value
  return fail(
    {
      code: 'J112',
      message: `${option} is no hop of this plan`,
      expected: `a number from ${least} to ${hops.length}`,
    },
    2,
  )
}

/** The hops that are asked for: one, or all. */
export function hopsOf(args: Args, plan: UpgradePlan): Hop[] {
  const only = hopNumber(args, plan)
  return plan.hops.filter(hop => only === undefined || hop.number === only)
}

/** @throws DiagnosticError J106 nobody has said where versions stand */
export function neededSite({site}: Emission, form: string): Site {
  if (site) return site
  return fail(
    {
      code: 'J106',
      message: `--to ${form} needs to know where versions stand`,
      hint: '--bindings names the site’s bindings; docs/guides/check-changes.md tells how to write them',
    },
    2,
  )
}
