import type {ClauseId} from './contract.ts'
import type {Ground, Trial} from './trial.ts'

export type Need = 'claims' | 'cdi' | 'cluster' | 'restart' | 'second' | 'fault'

/** One thing that kubelet does to a driver, and the clauses that it holds the driver to. */
export type Scenario = {
  name: string
  /** What kubelet does, as a sentence. */
  title: string
  clauses: readonly ClauseId[]
  /** What the run has to offer; a scenario without it is skipped. */
  needs?: readonly Need[]
  run: (trial: Trial) => Promise<void>
}

/** How a user gives what a scenario needs. */
export const needOptions: Readonly<Record<Need, string>> = {
  claims: '--kubeconfig',
  cluster: '--kubeconfig',
  cdi: '--cdi-dir',
  restart: '--command or --restart-command',
  second: '--second-command',
  fault: '--fault-command',
}

/** Why a scenario cannot run here; undefined when it can. */
export function missingNeed({needs = []}: Scenario, ground: Ground): string | undefined {
  const there: Record<Need, unknown> = {
    claims: ground.claims,
    cdi: ground.cdi,
    cluster: ground.cluster,
    restart: ground.hooks.restart,
    second: ground.hooks.second,
    fault: ground.hooks.fault,
  }
  const missing = needs.find(need => !there[need])
  return missing && `needs ${needOptions[missing]}`
}
