import type {Command} from './command.ts'
import {clusterOptions, planArgument} from './options.ts'

const journalArgument = {name: 'JOURNAL', summary: 'the journal of a run', required: true} as const

/** Carrying plans out. */
export const runCommands: readonly Command[] = [
  {
    path: ['upgrade', 'run'],
    group: 'Upgrade',
    summary: 'Carry a plan out, step by step, so that it survives its own death',
    text: 'Without --yes nothing is changed: every step is shown with its commands and with what can be seen of it now. With it, each step is looked at before it is done, and its intent is on the disk before that, so that --resume goes on from any death. One run at a time: a Lease in the cluster says whose turn it is. What Argo CD or Flux owns is not touched. The run ends at steps that ask a person, and at soak times and windows unless --wait; --resume goes on. Ends with 1 when a step failed or waits for a person.',
    arguments: [planArgument],
    options: {
      yes: {type: 'boolean', summary: 'Do it'},
      journal: {
        type: 'string',
        value: 'FILE',
        summary: 'Where the run is written down (default: PLAN.journal)',
      },
      resume: {type: 'boolean', summary: 'Go on with the run of the journal'},
      abort: {type: 'boolean', summary: 'Take back what was done, newest first, as far as it can go back'},
      emergency: {
        type: 'boolean',
        summary: 'Stop the damage of the hop under way: scale to zero, roll back, restore; nothing is asked',
      },
      approve: {
        type: 'string',
        value: 'STEP',
        multiple: true,
        summary: 'Somebody has looked and says yes to this step, such as 2.3; all for every one',
      },
      done: {
        type: 'string',
        value: 'STEP',
        multiple: true,
        summary: 'Somebody has looked and says that this step is done',
      },
      again: {
        type: 'string',
        value: 'STEP',
        multiple: true,
        summary: 'Somebody has looked and says that this step may be tried again',
      },
      window: {
        type: 'string',
        value: 'WINDOW',
        multiple: true,
        summary: 'When a hop may begin, such as "Sat,Sun 22:00-04:00 Europe/Berlin"; always otherwise',
      },
      wait: {type: 'boolean', summary: 'Sleep through soak times and until windows open'},
      bindings: {
        type: 'string',
        value: 'FILE',
        summary: 'The site’s bindings: who owns what, and parameters',
      },
      parameter: {
        type: 'string',
        value: 'NAME=VALUE',
        multiple: true,
        summary: 'A parameter of the steps, such as namespace=kubevirt; over those of the bindings',
      },
      helm: {
        type: 'string',
        value: 'MAJOR',
        choices: ['3', '4'],
        summary: 'Which Helm is there; asked otherwise',
      },
      'lease-namespace': {
        type: 'string',
        value: 'NAME',
        summary: 'Where the Lease is (default: kube-system)',
      },
      ...clusterOptions,
    },
    examples: [
      {run: './lockstep upgrade run plan.json --bindings site/bindings.yaml', note: 'What would be done?'},
      {run: './lockstep upgrade run plan.json --bindings site/bindings.yaml --yes', note: 'Do it'},
      {
        run: './lockstep upgrade run plan.json --resume --approve 1.2 --yes',
        note: 'Go on after somebody has looked',
      },
      {run: './lockstep upgrade run plan.json --abort', note: 'What would go back, and what would not?'},
    ],
    load: () => import('./upgrade-run.ts'),
  },
  {
    path: ['upgrade', 'status'],
    group: 'Upgrade',
    summary: 'Say how far a run is',
    text: 'Reads the journal alone. With --watch it is read again every second until the run has ended.',
    arguments: [journalArgument],
    options: {watch: {type: 'boolean', summary: 'Go on until the run has ended'}},
    examples: [{run: './lockstep upgrade status plan.json.journal --watch', note: 'From another terminal'}],
    load: () => import('./upgrade-status.ts'),
  },
  {
    path: ['upgrade', 'report'],
    group: 'Upgrade',
    summary: 'Tell the story of a run, for those who were not there',
    text: 'Markdown: outcome, hops, failures, what going back did not restore, every step with its time, and headings for what only people know.',
    arguments: [journalArgument],
    options: {},
    examples: [{run: './lockstep upgrade report plan.json.journal > incident.md', note: 'After an incident'}],
    load: () => import('./upgrade-report.ts'),
  },
]
