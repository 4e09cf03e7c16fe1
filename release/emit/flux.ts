import {nested} from './chart-values.ts'
import {backupClaim, jobOf, type Runner} from './jobs.ts'
import {secondsOf, triesOf} from './script.ts'
import type {ChartUnit, HopStages, KubeObject, Stage, Unit} from './stages.ts'
import {inWords, type Scope} from './variables.ts'

const system = 'flux-system'

/** Where Flux reads the emitted folder from: a GitRepository that is there already. */
export type FluxSource = {name: string; path: string}

/** The Kustomization that leads from hop to hop: its path is the hop that is under way. */
export function rootKustomization(name: string, {name: source, path}: FluxSource): KubeObject {
  return kustomization(name, source, path, {wait: true})
}

/**
 * A hop as a chain of Kustomizations, each of which waits for the one before it to be ready, and the objects of each.
 * Within a Kustomization Flux applies everything at once, so nothing less orders.
 */
export function fluxHop(
  {tasks, stages}: HopStages,
  {
    name,
    folder,
    source,
    runner,
  }: {
    name: string
    folder: string
    source: FluxSource
    runner: Runner
  },
): {chain: KubeObject[]; stages: {folder: string; objects: KubeObject[]}[]} {
  const claim = backupClaim(tasks.steps, name, runner)
  const parts = stages.map((stage, i) => ({
    folder: `${i + 1}-${stage.phase}`,
    objects: [
      // A volume may be bound only when its first pod comes, so it cannot have a stage of its own.
      ...(i === 0 ? claim : []),
      ...stage.units.flatMap(unit => objectsOf(unit, name, tasks, runner)),
    ],
    checks: releaseChecks(stage),
    seconds: Math.max(...stage.units.map(secondsFor)),
  }))
  const hop = String(tasks.hop.number).padStart(2, '0')
  const nameOf = (i: number) => `${name}-${hop}-${parts[i]?.folder}`
  return {
    chain: parts.map((part, i) =>
      kustomization(nameOf(i), source.name, `${source.path}/${folder}/${part.folder}`, {
        wait: true,
        ...(i > 0 ? {dependsOn: [{name: nameOf(i - 1)}]} : {}),
        ...(part.checks.length > 0 ? {healthCheckExprs: part.checks} : {}),
        timeout: `${Math.ceil(part.seconds / 60)}m`,
      }),
    ),
    stages: parts.map(({folder, objects}) => ({folder, objects})),
  }
}

function objectsOf(unit: Unit, name: string, tasks: HopStages['tasks'], runner: Runner): KubeObject[] {
  if (unit.kind === 'job') return [jobOf(unit.task, tasks, name, runner)]
  return unit.kind === 'own' ? [unit.object] : chartObjects(unit, tasks.scope)
}

/** How long a unit may take to be ready; a release has a quarter of an hour. */
function secondsFor(unit: Unit): number {
  return unit.kind === 'job' ? secondsOf(unit.task) * triesOf(unit.task) : Math.max(900, secondsOf(unit.task))
}

/**
 * A HelmRelease is ready when the wanted version is installed: its own Ready is still that of the version before when only
 * its source has changed.
 */
function releaseChecks({units}: Stage): object[] {
  const versions = units.flatMap(unit => {
    if (unit.kind === 'job') return []
    return unit.kind === 'chart' ? [unit.version] : unit.object.kind === 'HelmRelease' ? [unit.version] : []
  })
  if (versions.length === 0) return []
  const any = [...new Set(versions)].map(v => v.replace(/^v/, '').replaceAll('.', '\\\\.')).join('|')
  return [
    {
      apiVersion: 'helm.toolkit.fluxcd.io/v2',
      kind: 'HelmRelease',
      failed:
        "status.conditions.exists(c, c.type == 'Ready' && c.status == 'False' && c.observedGeneration == metadata.generation)",
      current: [
        'status.observedGeneration == metadata.generation',
        "status.conditions.exists(c, c.type == 'Ready' && c.status == 'True')",
        `has(status.history) && status.history.exists(h, h.status == 'deployed' && h.chartVersion.matches('^v?(${any})([+].*)?$'))`,
      ].join(' &&\n'),
    },
  ]
}

function chartObjects(unit: ChartUnit, scope: Scope): KubeObject[] {
  const {chart, repository, version, values} = unit
  const [release, namespace] = [unit.release, unit.namespace].map(text => inWords(text, scope)) as [
    string,
    string,
  ]
  const oci = repository.startsWith('oci://')
  const metadata = {name: release, namespace: system}
  const source: KubeObject = oci
    ? {
        apiVersion: 'source.toolkit.fluxcd.io/v1',
        kind: 'OCIRepository',
        metadata,
        spec: {
          interval: '10m',
          url: `${repository}/${chart}`,
          ref: {tag: version},
          layerSelector: {
            mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
            operation: 'copy',
          },
        },
      }
    : {
        apiVersion: 'source.toolkit.fluxcd.io/v1',
        kind: 'HelmRepository',
        metadata,
        spec: {interval: '10m', url: repository},
      }
  return [
    source,
    {
      apiVersion: 'helm.toolkit.fluxcd.io/v2',
      kind: 'HelmRelease',
      metadata,
      spec: {
        interval: '10m',
        timeout: '15m',
        releaseName: release,
        targetNamespace: namespace,
        storageNamespace: namespace,
        install: {createNamespace: true, crds: 'CreateReplace'},
        upgrade: {crds: 'CreateReplace'},
        ...(oci
          ? {chartRef: {kind: 'OCIRepository', name: release}}
          : {
              chart: {
                spec: {chart, version, sourceRef: {kind: 'HelmRepository', name: release}},
              },
            }),
        // The site's own, which no plan knows.
        valuesFrom: [{kind: 'ConfigMap', name: `${release}-values`, optional: true}],
        ...(Object.keys(values).length > 0 ? {values: nested(values)} : {}),
      },
    },
  ]
}

function kustomization(name: string, source: string, path: string, more: object): KubeObject {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: {name, namespace: system},
    spec: {
      interval: '10m',
      timeout: '5m',
      retryInterval: '1m',
      path: `./${path}`,
      // What earlier hops have brought stays.
      prune: false,
      sourceRef: {kind: 'GitRepository', name: source},
      ...more,
    },
  }
}
