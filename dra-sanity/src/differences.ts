/**
 * Where drivers that were tried differ from the contract: what the tests expect of them, and the page tells. Drivers
 * that are not listed with a scenario pass it; ours passes all (dra-driver.cluster.test.ts).
 */
import type {ClauseId} from './contract.ts'

export type Difference = {
  scenarios: readonly string[]
  /** `racing`: fails or passes by the moment. */
  outcome: 'fail' | 'advice' | 'skip' | 'racing'
  /** What breaks, or may. */
  clauses?: readonly ClauseId[]
  /** What a skipped one lacks. */
  needs?: string
  why: string
}

/** k8s.io/kubernetes/test/e2e/dra/test-driver 1.36.4. */
export const goTestDriver: readonly Difference[] = [
  {
    scenarios: ['prepare-after-reboot'],
    outcome: 'fail',
    clauses: ['reboot.cdi'],
    why: 'a claim it remembers is answered without looking whether the CDI file is there. After a real reboot its memory is empty, so this shows only when the folder is emptied under a running driver',
  },
  {
    scenarios: ['prepare-exclusive'],
    outcome: 'advice',
    clauses: ['prepare.exclusive'],
    why: 'a device is prepared for two claims at once',
  },
  {
    scenarios: ['unprepare-overtakes', 'plugin-killed-in-prepare', 'plugin-killed-in-unprepare'],
    outcome: 'racing',
    clauses: ['unprepare.undone', 'unprepare.last-word'],
    why: 'what is prepared is kept in memory: whether a kill or a late call leaves files depends on the moment',
  },
  {
    scenarios: ['health-stream'],
    outcome: 'advice',
    clauses: ['health.complete'],
    why: 'the list is empty until something is set from outside',
  },
  {
    scenarios: ['health-fault'],
    outcome: 'skip',
    needs: 'needs --fault-command',
    why: 'it has no way to set a fault from a command',
  },
  {
    scenarios: ['plugin-restarted', 'plugin-killed'],
    outcome: 'fail',
    clauses: ['unprepare.undone'],
    why: 'what is prepared is kept in memory: after a restart, unprepare succeeds and leaves the CDI file behind',
  },
  {
    scenarios: ['rolling-update'],
    outcome: 'skip',
    needs: 'needs --second-command',
    why: "it has no flag for a pod's UID",
  },
]
