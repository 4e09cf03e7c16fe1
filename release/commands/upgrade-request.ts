import {type Diagnostic, DiagnosticError} from '#lib/diagnostics.ts'
import {didYouMean} from '#lib/did-you-mean.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import {isDay} from '../matrix/schema/scalars.ts'
import type {Policy, UpgradeRequest} from '../upgrade/request.ts'
import type {Args} from './command.ts'
import {givenOf} from './compat-given.ts'

/**
 * Reads an upgrade request from the command line: `NAME=CURRENT` and `NAME=CURRENT..WANTED`.
 * @throws DiagnosticError J010, J013, J014, C007, C009; all at once, exit 2
 */
export function requestOf(args: Args, matrix: Matrix, today: string): UpgradeRequest {
  const problems: Diagnostic[] = []
  const current: Record<string, string> = {}
  const wanted: Record<string, string> = {}
  for (const word of args.words) {
    const [, name, from, to] = /^([^=]+)=(.+?)(?:\.\.(.+))?$/s.exec(word) ?? []
    if (name === undefined || from === undefined) problems.push(notRequest(word))
    else {
      current[name] = from
      if (to !== undefined) wanted[name] = to
    }
  }
  const now = args.text('now') ?? today
  if (!isDay(now))
    problems.push({...notRequest(now), message: `--now ${now} is not a day`, expected: 'such as 2026-11-21'})
  if (problems.length > 0) throw new DiagnosticError(problems, 2)
  const {values} = givenOf(matrix, [], args.list('set'))
  const by = byOf(args, matrix)
  return {
    matrix,
    now,
    current,
    wanted,
    values: values ?? {},
    facts: factsOf(args),
    policy: policyOf(args, matrix),
    ...(by.length > 0 ? {by} : {}),
  }
}

/** `--by PROCEDURE` @throws DiagnosticError J014, exit 2 */
export function byOf(args: Args, {procedures}: Pick<Matrix, 'procedures'>): readonly string[] {
  const asked = args.list('by')
  const names = procedures.map(({id}) => id)
  const strange = asked.filter(name => !names.includes(name))
  if (strange.length === 0) return asked
  throw new DiagnosticError(
    strange.map((name): Diagnostic => {
      const near = didYouMean(name, names)
      return {
        code: 'J014',
        severity: 'error',
        message: `the matrix has no procedure ${name}`,
        hint: near ? `did you mean ${near}?` : `it has ${names.join(', ') || 'none'}`,
      }
    }),
    2,
  )
}

/** `--fact NAME`, `--fact NAME=VALUE` */
export function factsOf(args: Args): Record<string, string> {
  return Object.fromEntries(
    args.list('fact').map(text => {
      const [, fact = text, value = 'true'] = /^([^=]+)=(.+)$/s.exec(text) ?? []
      return [fact, value]
    }),
  )
}

/** `--no-downtime`, `--only-reversible`, `--refuse-risk NAME` @throws DiagnosticError J013, exit 2 */
export function policyOf(args: Args, {transitions}: Pick<Matrix, 'transitions'>): Policy {
  const refused = args.list('refuse-risk')
  const names = new Set(transitions.flatMap(({risks}) => risks.map(({name}) => name)))
  const strange = refused.filter(name => name !== '*' && !names.has(name))
  if (strange.length > 0)
    throw new DiagnosticError(
      strange.map(name => noRisk(name, [...names])),
      2,
    )
  return {
    ...(args.flag('no-downtime') ? {noDowntime: true} : {}),
    ...(args.flag('only-reversible') ? {onlyReversible: true} : {}),
    ...(refused.length > 0 ? {refuseRisks: refused} : {}),
  }
}

function noRisk(name: string, names: readonly string[]): Diagnostic {
  const near = didYouMean(name, names)
  return {
    code: 'J013',
    severity: 'error',
    message: `the matrix has no risk ${name}`,
    hint: near ? `did you mean ${near}?` : `it has ${names.join(', ') || 'none'}`,
  }
}

function notRequest(word: string): Diagnostic {
  return {
    code: 'J010',
    severity: 'error',
    message: `${JSON.stringify(word)} is not part of an upgrade request`,
    expected: 'kubernetes=1.34..1.36 to move it, kmm=2.5.0 to say what runs',
  }
}
