import {healthSetting} from '../generate/deploy/argocd.ts'
import {nested} from './chart-values.ts'
import {backupClaim, jobOf, type Runner} from './jobs.ts'
import type {HopStages, KubeObject, Unit} from './stages.ts'
import {inWords} from './variables.ts'

/**
 * When an Application counts as healthy, for waves of Applications. Argo CD has no health check for its own kind since 1.8,
 * so a parent would go on at once; and right after a change the health is still that of the version before, so what was
 * compared has to be what is wanted now (https://argo-cd.readthedocs.io/en/stable/operator-manual/health/).
 */
export const applicationHealth = `local status = obj.status or {}
local sync = status.sync or {}
local health = (status.health or {}).status
if health == "Degraded" then
  return {status = "Degraded", message = (status.health or {}).message or "Degraded"}
end
local function revisions(spec)
  local found = {}
  if spec == nil then return "" end
  if spec.source ~= nil then found[1] = tostring(spec.source.targetRevision) end
  for i, source in ipairs(spec.sources or {}) do found[#found + 1] = tostring(source.targetRevision) end
  return table.concat(found, " ")
end
if revisions(sync.comparedTo) ~= revisions(obj.spec) then
  return {status = "Progressing", message = "the wanted revision was not looked at yet"}
end
if sync.status ~= "Synced" then
  return {status = "Progressing", message = "not synced"}
end
local operation = status.operationState
if operation ~= nil and operation.phase ~= "Succeeded" then
  return {status = "Progressing", message = "the sync is " .. tostring(operation.phase)}
end
if health ~= "Healthy" then
  return {status = "Progressing", message = "its health is " .. tostring(health)}
end
return {status = "Healthy", message = "synced and healthy at " .. revisions(obj.spec)}
`

/** The one setting of Argo CD that waves of Applications need. */
export const applicationSetting = healthSetting('argoproj.io_Application', applicationHealth)

/** The Application that leads from hop to hop: its path is the hop that is under way. */
export function rootApplication(
  name: string,
  {repository, revision, path}: {repository: string; revision: string; path: string},
): KubeObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {name, namespace: 'argocd'},
    spec: {
      project: 'default',
      destination: {server: 'https://kubernetes.default.svc', namespace: 'argocd'},
      source: {repoURL: repository, targetRevision: revision, path},
      // What earlier hops have brought stays.
      syncPolicy: {automated: {prune: false, selfHeal: true}},
    },
  }
}

/** The objects of a hop, each with the wave in which it is its turn. */
export function hopObjects({tasks, stages}: HopStages, name: string, runner: Runner): KubeObject[] {
  const claim = backupClaim(tasks.steps, name, runner)
  const waves = stages.flatMap(({units}, i) =>
    units.map(unit => inWave(objectOf(unit, name, tasks, runner), i + 1)),
  )
  // A volume may be bound only when its first pod comes, so it cannot have a wave of its own.
  return [...claim.map(object => inWave(object, 1)), ...waves]
}

function objectOf(unit: Unit, name: string, tasks: HopStages['tasks'], runner: Runner): KubeObject {
  if (unit.kind === 'job') return jobOf(unit.task, tasks, name, runner)
  if (unit.kind === 'own') return unit.object
  const {chart, repository, version, values} = unit
  const [release, namespace] = [unit.release, unit.namespace].map(text => inWords(text, tasks.scope)) as [
    string,
    string,
  ]
  const oci = repository.startsWith('oci://')
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: {name: release, namespace: 'argocd'},
    spec: {
      project: 'default',
      destination: {server: 'https://kubernetes.default.svc', namespace},
      source: {
        ...(oci ? {repoURL: `${repository}/${chart}`, path: '.'} : {repoURL: repository, chart}),
        targetRevision: version,
        helm: {
          releaseName: release,
          ...(Object.keys(values).length > 0 ? {valuesObject: nested(values)} : {}),
        },
      },
      syncPolicy: {
        automated: {prune: true, selfHeal: true},
        syncOptions: ['CreateNamespace=true', 'ServerSideApply=true'],
      },
    },
  }
}

/** The annotations that make waves, and let what an earlier hop has brought alone. */
function inWave(object: KubeObject, wave: number): KubeObject {
  const annotations = {
    ...object.metadata.annotations,
    'argocd.argoproj.io/compare-options': 'IgnoreExtraneous',
    'argocd.argoproj.io/sync-options': 'Prune=false',
    'argocd.argoproj.io/sync-wave': String(wave),
  }
  return {...object, metadata: {...object.metadata, annotations}}
}
