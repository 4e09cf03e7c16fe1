import {DiagnosticError, fail} from '#lib/diagnostics.ts'
import type {LeaseOptions} from '../effects/upgrade/lease.ts'
import type {Kube} from '../lib/kube.ts'
import {isAway} from '../run/engine.ts'
import type {Journal} from '../run/journal.ts'
import type {Way} from '../run/record.ts'
import {stateOf} from '../run/state.ts'
import type {Lock} from '../run/world.ts'
import type {Args, Context} from './command.ts'
import {withCluster} from './live-cluster.ts'

type Locked = {run: string; way: Way; journal: Journal | undefined}

/**
 * Holds the Lease of the cluster, if a cluster is named, while the work goes on; else the journal alone keeps two runs apart.
 * @throws DiagnosticError Q020 somebody else holds it, or still runs what the journal tells of
 */
export async function withLock<T>(
  {run, way, journal}: Locked,
  args: Args,
  context: Context,
  work: (lock: Lock) => Promise<T>,
): Promise<T> {
  const {holderHere} = await import('../effects/upgrade/other-process.ts')
  const holder = holderHere(run)
  await refuseOther(journal)
  const here: Lock = {
    holder,
    fence: stateOf(journal?.records ?? []).fence + 1,
    renew: async () => {},
    release: async () => {},
  }
  // A login that is refused later has the same code as no cluster at all: the work never begins a second time.
  let named = args.text('kubeconfig') !== undefined || args.text('context') !== undefined
  try {
    return await withCluster(args, context, kube => {
      named = true
      const namespace = args.text('lease-namespace') ?? 'kube-system'
      const options = {name: 'lockstep-upgrade', namespace, holder, now: Date.now}
      return leased(kube, options, way === 'emergency' ? here : undefined, work)
    })
  } catch (error) {
    // No cluster is named: then the journal alone keeps two runs apart.
    if (named || !(error instanceof DiagnosticError) || error.diagnostics[0]?.code !== 'E060') throw error
    return work(here)
  }
}

/** Who runs it still would notice before its next act only, and what it does now goes on meanwhile. */
async function refuseOther(journal: Journal | undefined): Promise<void> {
  const last = journal?.records.findLast(record => record.kind === 'session')
  if (!last) return
  const {stillRuns} = await import('../effects/upgrade/other-process.ts')
  const pid = await stillRuns(last.holder)
  if (pid === undefined) return
  fail({
    code: 'Q020',
    message: `the process ${pid} of this machine still runs what this journal tells of`,
    hint: `let it finish, or end it: kill ${pid}`,
  })
}

/** @param alone the lock of who cannot wait for an API server that is away; none where it is waited for */
async function leased<T>(
  kube: Kube,
  options: LeaseOptions,
  alone: Lock | undefined,
  work: (lock: Lock) => Promise<T>,
): Promise<T> {
  const {takeLease} = await import('../effects/upgrade/lease.ts')
  const take = () => takeLease(kube, options)
  const lock = await take().catch(error => {
    if (alone && isAway(error)) return late(alone, take)
    throw error
  })
  try {
    return await work(lock)
  } finally {
    await lock.release()
  }
}

/**
 * The lock of an emergency in which the API server is away. Nobody else acts then, since every other run asks for its Lease
 * before each act; so does this one, and from the first answer on it holds the Lease, or stops when another does.
 */
function late(alone: Lock, take: () => Promise<Lock>): Lock {
  let taken: Lock | undefined
  return {
    ...alone,
    renew: async () => {
      if (taken) return taken.renew()
      taken = await take().catch(error => {
        if (!isAway(error)) throw error
        return undefined
      })
    },
    release: async () => taken?.release(),
  }
}
