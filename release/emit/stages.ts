import {parse} from 'yaml'
import {type Diagnostic, DiagnosticError} from '#lib/diagnostics.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import type {Hop} from '../upgrade/plan.ts'
import {editField} from '../upgrade/site/edit.ts'
import {documentOf} from '../upgrade/site/field.ts'
import {ownCharts} from './commands.ts'
import {judged} from './script.ts'
import {type Given, type HopTasks, type Task, tasksOf} from './tasks.ts'
import {openNames} from './variables.ts'

/** A Kubernetes object as plain data. */
export type KubeObject = {
  apiVersion: string
  kind: string
  metadata: {
    name: string
    namespace?: string
    annotations?: Record<string, string>
    labels?: Record<string, string>
  }
  [key: string]: unknown
}

/** A chart as a GitOps engine installs it. */
export type ChartUnit = {
  readonly kind: 'chart'
  readonly task: Task
  readonly chart: string
  readonly repository: string
  readonly release: string
  readonly namespace: string
  readonly version: string
  readonly values: Readonly<Record<string, string | null>>
}

/** What one step of a hop is to a GitOps engine: commands for a pod, a chart, or an object that the site has already. */
export type Unit = {readonly kind: 'job'; readonly task: Task} | ChartUnit | OwnUnit
export type OwnUnit = {
  readonly kind: 'own'
  readonly task: Task
  readonly object: KubeObject
  readonly version: string
}

/** Steps that need not wait for each other's end; stages do. */
export type Stage = {readonly phase: Task['step']['phase']; readonly units: readonly Unit[]}

export type HopStages = {
  readonly tasks: HopTasks
  /** Why nothing but a person can do this hop. */
  readonly byHand: string[]
  readonly stages: readonly Stage[]
  /** What a machine does but cannot judge. */
  readonly toLookAt: readonly Task[]
}

/**
 * A hop in stages, for an engine of this owner.
 * @param read the site's files; undefined when there is none
 * @throws DiagnosticError J020 to J025 of the site's own files
 */
export function stagesOf(
  hop: Hop,
  given: Given,
  owner: 'argocd' | 'flux',
  read: (file: string) => string | undefined,
): HopStages[] {
  return tasksOf(given, [hop]).map(tasks => {
    const byHand: string[] = []
    const stages: Stage[] = []
    for (const task of tasks.steps) {
      const units = unitsOf(task, tasks, given.matrix, owner, read)
      if (units === undefined) byHand.push(`${task.id} ${task.step.title}`)
      else if (units.length > 0) add(stages, task.step.phase, units)
    }
    const changes = stages.some(stage => stage.phase === 'change')
    const manual = tasks.steps.filter(
      t => t.step.phase === 'change' && byHand.some(b => b.startsWith(`${t.id} `)),
    )
    if (!changes && manual.length === 0) byHand.push('the matrix has no step that makes the change')
    return {
      tasks,
      byHand: manual.length > 0 || !changes ? byHand : [],
      stages,
      toLookAt: tasks.steps.filter(
        task => task.edits.length === 0 && (task.lines.length === 0 || !judged(task)),
      ),
    }
  })
}

/** Each step that changes or keeps something is a stage of its own; of the other phases all steps are one. */
function add(stages: Stage[], phase: Stage['phase'], units: readonly Unit[]): void {
  const last = stages.at(-1)
  if (last?.phase === phase && phase !== 'change' && phase !== 'backup')
    stages[stages.length - 1] = {phase, units: [...last.units, ...units]}
  else stages.push({phase, units})
}

/** Undefined when only a person can do it; empty when there is nothing to do but to look. */
function unitsOf(
  task: Task,
  {hop}: HopTasks,
  matrix: Matrix,
  owner: 'argocd' | 'flux',
  read: (file: string) => string | undefined,
): Unit[] | undefined {
  const {step, edits, lines} = task
  if (edits.length > 0) {
    const own = edits.map(edit => ownObject(edit, owner, read))
    return own.every(object => object !== undefined)
      ? own.map(object => ({kind: 'own', task, object, version: hop.to}))
      : undefined
  }
  const {set} = step
  const repository = set && 'chart' in set ? (set.repository ?? ownCharts(matrix)) : undefined
  if (set && 'chart' in set && repository !== undefined) {
    const {chart, release = '{{release}}', namespace = '{{namespace}}', to, values = {}} = set
    return [
      {
        kind: 'chart',
        task,
        chart,
        repository,
        release,
        namespace,
        version: to,
        values,
      },
    ]
  }
  if (lines.length > 0) return [{kind: 'job', task}]
  return step.phase === 'change' ? undefined : []
}

type Edit = Task['edits'][number]
const kinds = {argocd: ['Application'], flux: ['HelmRelease', 'OCIRepository']}

/** The site's own object at the new version, if the engine has a kind for it. */
function ownObject(
  {file, path, from, to, owner: of}: Edit,
  owner: 'argocd' | 'flux',
  read: (file: string) => string | undefined,
): KubeObject | undefined {
  const text = of === owner ? read(file) : undefined
  if (text === undefined) return undefined
  const object = parse(
    documentOf(editField(text, file, path, from, to), file, path),
  ) as Partial<KubeObject> | null
  return object && kinds[owner].includes(object.kind ?? '') ? (object as KubeObject) : undefined
}

/** @throws DiagnosticError J113 parameters that nobody has said: manifests cannot ask for them */
export function needSaid(hops: readonly HopStages[]): void {
  const open = hops.flatMap(({tasks: {hop, scope}, stages}) => {
    const texts = stages.flatMap(({units}) =>
      units.flatMap(unit => {
        if (unit.kind === 'own') return []
        return unit.kind === 'job'
          ? [...unit.task.lines, unit.task.step.matches ?? '']
          : [unit.release, unit.namespace]
      }),
    )
    return openNames(texts, scope).map(name => ({hop, name}))
  })
  if (open.length === 0) return
  throw new DiagnosticError(
    open.map(
      ({hop, name}): Diagnostic => ({
        code: 'J113',
        severity: 'error',
        message: `hop ${hop.number} (${hop.component}) needs the parameter ${name}, which nobody has said`,
        hint: `--parameter ${name}=…, or under parameters of the bindings; ${hop.component}.${name} is for this component alone`,
      }),
    ),
    2,
  )
}
