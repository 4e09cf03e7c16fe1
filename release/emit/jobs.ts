import {createHash} from 'node:crypto'
import type {UpgradePlan} from '../upgrade/plan.ts'
import {scriptOf, secondsOf, triesOf} from './script.ts'
import type {KubeObject} from './stages.ts'
import type {Given, HopTasks, Task} from './tasks.ts'

/** Where the commands of an upgrade run in a cluster; parameters of the site. */
export type Runner = {
  image: string
  serviceAccount: string
  namespace: string
  /** Stands in the names of Jobs. */
  mark: string
}

export function runnerOf({plan, parameters}: Given): Runner {
  return {
    mark: markOf(plan),
    image: parameters['upgrade-image'] ?? 'registry.example.com/upgrade-tools:latest',
    serviceAccount: parameters['upgrade-service-account'] ?? 'upgrade',
    namespace: parameters['upgrade-namespace'] ?? 'upgrade',
  }
}

/**
 * Tells the Jobs of one plan from those of an earlier one, which may still be in the cluster: a Job that has ended well
 * under the same name would count as this one's, and its check would never be made.
 */
function markOf({now, hops}: UpgradePlan): string {
  const told = [now, ...hops.map(({name, from, to}) => [name, from, to])]
  return createHash('sha256').update(JSON.stringify(told)).digest('hex').slice(0, 6)
}

/** A volume for what the steps of a hop keep in files; nothing where none does. */
export function backupClaim(tasks: readonly Task[], name: string, {namespace}: Runner): KubeObject[] {
  if (!tasks.some(keepsFiles)) return []
  return [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {name, namespace},
      spec: {accessModes: ['ReadWriteOnce'], resources: {requests: {storage: '1Gi'}}},
    },
  ]
}

/** Whether a step writes a file that a later one, or a person, reads. */
function keepsFiles({lines}: Task): boolean {
  return lines.some(
    line => /(?<![0-9&])>\s*[\w"'.]/.test(line.replaceAll('/dev/null', '')) || /-backup\b|-f \w/.test(line),
  )
}

/** A step as a Job: it is healthy when it has ended well, so that what comes after waits for it. */
export function jobOf(
  task: Task,
  {scope}: HopTasks,
  name: string,
  {image, serviceAccount, namespace, mark}: Runner,
): KubeObject {
  const volume = keepsFiles(task) ? {persistentVolumeClaim: {claimName: name}} : {emptyDir: {}}
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${name}-${mark}-${task.id.replace('.', '-').toLowerCase()}`,
      namespace,
      annotations: {description: task.step.title},
    },
    spec: {
      backoffLimit: triesOf(task) - 1,
      activeDeadlineSeconds: secondsOf(task) * triesOf(task),
      template: {
        spec: {
          restartPolicy: 'Never',
          serviceAccountName: serviceAccount,
          containers: [
            {
              name: 'step',
              image,
              command: ['sh', '-euc', scriptOf(task, scope)],
              workingDir: '/work',
              // Passwords: a parameter `$NAME` of the site is read from there.
              envFrom: [{secretRef: {name, optional: true}}],
              volumeMounts: [{name: 'work', mountPath: '/work'}],
            },
          ],
          volumes: [{name: 'work', ...volume}],
        },
      },
    },
  }
}
