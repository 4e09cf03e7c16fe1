import {toYaml} from '#lib/yaml-out.ts'
import {durationText} from '../lib/duration.ts'
import type {Hop} from '../upgrade/plan.ts'
import type {EmittedFile} from './gitops.ts'
import {backWord, hopName, leftText, sentence, spanOf} from './hop-text.ts'
import {runnerOf} from './jobs.ts'
import {judged, scriptOf, secondsOf, triesOf, variablesOf} from './script.ts'
import {type Given, type HopTasks, type Task, tasksOf} from './tasks.ts'
import {inWords} from './variables.ts'

type Parameter = {name: string; value: string}
type WorkflowStep = {name: string; template: string; arguments?: {parameters: Parameter[]}}

/**
 * A plan as a WorkflowTemplate of Argo Workflows 3.6 or later (https://argo-workflows.readthedocs.io/en/latest/fields/): a
 * template for each kind of step and one for each hop; a person is asked before every hop, for what only a person can do, and
 * for what no machine can judge. What is harmless to do twice is tried again, all else once. Two runs never act at once.
 */
export function workflowFiles(given: Given): EmittedFile[] {
  return [{path: 'workflow-template.yaml', text: toYaml(workflowTemplate(given))}]
}

function workflowTemplate(given: Given): object {
  const {plan, parameters} = given
  const hops = tasksOf(given)
  const name = `upgrade-${plan.product}`
  const runner = runnerOf(given)
  const variables = variablesOf(hops)
  const last = hops.length - 1
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'WorkflowTemplate',
    metadata: {name, namespace: runner.namespace, annotations: {planned: plan.now}},
    spec: {
      entrypoint: 'upgrade',
      onExit: 'report',
      serviceAccountName: runner.serviceAccount,
      arguments: {
        parameters: [
          {name: 'image', value: runner.image},
          {name: 'backup-claim', value: parameters['upgrade-backup-claim'] ?? 'upgrade-backup'},
          ...variables.map(variable => ({name: variable})),
        ],
      },
      synchronization: {mutexes: [{name}]},
      volumes: [{name: 'backup', persistentVolumeClaim: {claimName: '{{workflow.parameters.backup-claim}}'}}],
      templates: [
        {
          name: 'upgrade',
          steps: hops.flatMap((one, i) => [
            [{name: hopId(one.hop), template: hopId(one.hop)}],
            ...(i < last ? soak(one.hop) : []),
          ]),
        },
        ...hops.map(one => ({name: hopId(one.hop), steps: hopSteps(one, given).map(step => [step])})),
        ...kinds(variables),
        ...report(hops, given),
      ],
    },
  }
}

function hopId({number}: Hop): string {
  return `hop-${String(number).padStart(2, '0')}`
}

function soak(hop: Hop): WorkflowStep[][] {
  const min = hop.soak?.min
  if (min === undefined) return []
  return [[call(`soak-${hopId(hop)}`, 'soak', [{name: 'duration', value: `${Math.ceil(min / 1000)}s`}])]]
}

function hopSteps(tasks: HopTasks, given: Given): WorkflowStep[] {
  const {hop, steps, scope} = tasks
  return [
    ask('begin', beginText(tasks, given)),
    ...steps.flatMap(task => {
      const id = task.id.replace('.', '-')
      const told = inWords(wordsOf(task), scope)
      if (task.lines.length === 0) return [ask(`do-${id}`, `${task.id}: ${told}`)]
      const template = triesOf(task) > 1 ? 'repeatable' : 'once'
      const run = call(`${task.step.phase}-${id}`, template, [
        {name: 'title', value: `${task.id} ${inWords(task.step.title, scope)}`},
        {name: 'script', value: scriptOf(task, scope)},
        {name: 'seconds', value: String(secondsOf(task))},
      ])
      return judged(task)
        ? [run]
        : [
            run,
            ask(
              `look-${id}`,
              `${task.id}: look at what it printed. Expect: ${inWords(task.step.expect ?? '', scope)}.`,
            ),
          ]
    }),
    ...(steps.some(({step}) => step.phase === 'change')
      ? []
      : [ask('change', `${hopName(hop, given.matrix)}: do it the way it is done here.`)]),
    ask('verified', `Hop ${hop.number}: does everything work that your users do, also of what moved before?`),
  ]
}

/** What somebody has to know who lets a hop begin. */
function beginText({hop}: HopTasks, {matrix}: Given): string {
  const closed = ['never', 'unknown'].includes(hop.reversible.kind)
  return [
    `Hop ${hop.number}: ${hopName(hop, matrix)}. Disruption: ${hop.disruption}.`,
    closed ? `POINT OF NO RETURN: afterwards there is ${leftText(hop)}.` : `Way back: ${backWord(hop)}.`,
    ...hop.checks.map(check => `It must hold: ${sentence(check)}`),
    ...hop.risks.map(risk => `Risk ${risk.name}: ${risk.message}`),
  ].join(' ')
}

function wordsOf({step, edits}: Task): string {
  const files = edits.map(
    ({file, path, from, to}) => `Edit ${file}: ${path} from ${from} to ${to}, and merge it.`,
  )
  return [step.title, ...files, ...(step.expect ? [`Expect: ${step.expect}.`] : [])].join(' ')
}

function ask(name: string, message: string): WorkflowStep {
  return call(name, 'approve', [{name: 'message', value: message}])
}

function call(name: string, template: string, parameters: Parameter[]): WorkflowStep {
  return {name, template, arguments: {parameters}}
}

/** One template for each kind of step. */
function kinds(variables: readonly string[]): object[] {
  const inputs = (...names: string[]) => ({inputs: {parameters: names.map(name => ({name}))}})
  const script = {
    image: '{{workflow.parameters.image}}',
    command: ['sh', '-eu'],
    workingDir: '/backup',
    env: variables.map(name => ({name, value: `{{workflow.parameters.${name}}}`})),
    volumeMounts: [{name: 'backup', mountPath: '/backup'}],
    source: '{{inputs.parameters.script}}',
  }
  const commands = {
    ...inputs('title', 'script', 'seconds'),
    activeDeadlineSeconds: '{{inputs.parameters.seconds}}',
    metadata: {annotations: {title: '{{inputs.parameters.title}}'}},
    script,
  }
  return [
    {name: 'approve', ...inputs('message'), suspend: {}},
    {name: 'soak', ...inputs('duration'), suspend: {duration: '{{inputs.parameters.duration}}'}},
    {name: 'once', ...commands},
    {
      name: 'repeatable',
      ...commands,
      retryStrategy: {
        limit: '3',
        retryPolicy: 'Always',
        backoff: {duration: '30s', factor: '2', maxDuration: '10m'},
      },
    },
  ]
}

/** Run at the end, also of what failed or was stopped: tells where it stands, and how to go back. */
function report(hops: readonly HopTasks[], {matrix}: Given): object[] {
  const back = hops.map(({hop, rollback}) => {
    const way = rollback.length > 0 ? `steps ${spanOf(rollback)} of the runbook` : leftText(hop)
    return `Hop ${hop.number}, ${hopName(hop, matrix)}: ${backWord(hop).replaceAll('*', '')}; ${way}`
  })
  const waits = hops.flatMap(({hop}) =>
    hop.soak?.min === undefined ? [] : [`Hop ${hop.number} was to stand for ${durationText(hop.soak.min)}.`],
  )
  const text = [
    'The upgrade ended as {{workflow.status}}.',
    'To go back, the last hop first:',
    ...back,
    ...waits,
  ]
  return [
    {
      name: 'report',
      steps: [
        [
          {name: 'failed', template: 'how-to-go-back', when: '{{workflow.status}} != Succeeded'},
          {name: 'succeeded', template: 'done', when: '{{workflow.status}} == Succeeded'},
        ],
      ],
    },
    {name: 'how-to-go-back', script: printing([...text, 'Failed: {{workflow.failures}}'])},
    {name: 'done', script: printing(['Every hop is done and verified.'])},
  ]
}

function printing(lines: readonly string[]): object {
  return {
    image: '{{workflow.parameters.image}}',
    command: ['sh', '-eu'],
    source: `cat <<'EOF'\n${lines.join('\n')}\nEOF\n`,
  }
}
