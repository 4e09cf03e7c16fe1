import type {Kube} from '#release/lib/kube.ts'
import type {Server} from '../cluster/processes.ts'
import {reconciling} from './reconciling.ts'

const jobs = {group: 'batch', version: 'v1', plural: 'jobs'}

/** What a Job's controller and its pods would do: each Job ends well, soon after it came. */
export function playJobs(kube: Kube): Server {
  const loop = reconciling(async () => {
    for await (const {metadata, status} of kube.list(jobs)) {
      if ((status as {completionTime?: string} | undefined)?.completionTime !== undefined) continue
      const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
      const met = (type: string) => ({type, status: 'True', lastProbeTime: now, lastTransitionTime: now})
      const ended = {
        startTime: now,
        completionTime: now,
        succeeded: 1,
        conditions: [met('SuccessCriteriaMet'), met('Complete')],
      }
      const name = {name: metadata.name, namespace: metadata.namespace ?? ''}
      await kube.patch(jobs, name, {type: 'merge', patch: {status: ended}}, 'status').catch(() => undefined)
    }
  })
  return {check: async () => {}, stop: loop.stop}
}
