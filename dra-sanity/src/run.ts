import {DiagnosticError} from '#lib/diagnostics.ts'
import {type ClauseId, contract} from './contract.ts'
import {missingNeed, type Scenario} from './scenario.ts'
import {Abort, type Ground, levelOf, Skip, Trial} from './trial.ts'

/**
 * `fail`: a `must` is broken; `advice`: only a `should` is; `skip`: it was not tried, which is no pass;
 * `error`: dra-sanity itself could not do it, which says nothing about the driver.
 */
export type Status = 'pass' | 'fail' | 'advice' | 'skip' | 'error'

export type Finding = {
  clause: ClauseId
  level: 'must' | 'should'
  says: string
  source: string
  message: string
}

export type Result = {
  scenario: string
  title: string
  status: Status
  ms: number
  findings: Finding[]
  notes: string[]
  /** Why it was skipped, or what went wrong here. */
  reason?: string
}

/** Plays the scenarios one after the other; `onResult` hears of each as it ends. */
export async function run(
  chosen: readonly Scenario[],
  ground: Ground,
  onResult: (result: Result) => void = () => {},
): Promise<Result[]> {
  const results: Result[] = []
  for (const scenario of chosen) {
    const result = await play(scenario, ground)
    results.push(result)
    onResult(result)
  }
  return results
}

async function play(scenario: Scenario, ground: Ground): Promise<Result> {
  const started = performance.now()
  const trial = new Trial(ground)
  const missing = missingNeed(scenario, ground)
  let ended: Pick<Result, 'status' | 'reason'>
  try {
    if (missing) trial.skip(missing)
    await scenario.run(trial)
    ended = {status: verdict(trial)}
  } catch (error) {
    ended = endedBy(error, trial)
  }
  // Cleaning up tells nothing about the driver that the scenario did not.
  await trial
    .end()
    .catch(error => trial.note(`cleaning up: ${error instanceof Error ? error.message : error}`))
  return {
    scenario: scenario.name,
    title: scenario.title,
    ...ended,
    ms: Math.round(performance.now() - started),
    findings: distinct(trial),
    notes: [...new Set(trial.notes)],
  }
}

function endedBy(error: unknown, trial: Trial): Pick<Result, 'status' | 'reason'> {
  if (error instanceof Skip)
    return verdict(trial) === 'pass' ? {status: 'skip', reason: error.message} : {status: verdict(trial)}
  if (error instanceof Abort) return {status: verdict(trial)}
  const reason =
    error instanceof DiagnosticError
      ? error.message
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error)
  return {status: verdict(trial) === 'fail' ? 'fail' : 'error', reason}
}

function verdict({broken}: Trial): Status {
  if (broken.some(one => levelOf(one.clause) === 'must')) return 'fail'
  return broken.length > 0 ? 'advice' : 'pass'
}

function distinct({broken}: Trial): Finding[] {
  const seen = new Map(broken.map(one => [`${one.clause} ${one.message}`, one]))
  return [...seen.values()].map(({clause, message}) => ({clause, ...contract[clause], message}))
}
