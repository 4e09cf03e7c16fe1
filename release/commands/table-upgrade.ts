import type {Command, Option} from './command.ts'
import {clusterOptions, planArgument} from './options.ts'

const requestOptions = {
  set: {
    type: 'string',
    value: 'NAME=VALUE',
    multiple: true,
    summary: 'A value of the installation that rules ask about',
  },
  fact: {
    type: 'string',
    value: 'FACT[=VALUE]',
    multiple: true,
    summary: 'What is known of the cluster, in the words of the matrix; =true unless said otherwise',
  },
  now: {
    type: 'string',
    value: 'DAY',
    summary: 'The day of the question; versions released later do not exist yet',
  },
  'no-downtime': {type: 'boolean', summary: 'No step may take a component down'},
  'only-reversible': {type: 'boolean', summary: 'Every step must have a way back'},
  'refuse-risk': {
    type: 'string',
    value: 'NAME',
    multiple: true,
    summary: 'Take no step with this risk, * for any; one that cannot be evaluated counts as present',
  },
  by: {
    type: 'string',
    value: 'PROCEDURE',
    multiple: true,
    summary:
      'A procedure of the matrix that this site goes by: without Helm, from a private registry, node by node',
  },
} as const satisfies Record<string, Option>

const versions = [
  {
    name: 'NAME=CURRENT[..WANTED]',
    summary: 'what runs, and where it shall go: a version or a range; NAME@INSTANCE for one of several',
    required: true,
    many: true,
  },
]

const liveOptions = {
  live: {
    type: 'boolean',
    summary: 'Take what runs from a live cluster; write NAME=..WANTED',
  },
  ...clusterOptions,
} as const satisfies Record<string, Option>

const bindingsOption = {
  bindings: {type: 'string', value: 'FILE', summary: 'The site’s bindings; bindings.yaml otherwise'},
} as const satisfies Record<string, Option>

/** Questions about the way from one set of versions to another. */
export const upgradeCommands: readonly Command[] = [
  {
    path: ['upgrade', 'plan'],
    group: 'Upgrade',
    summary: 'Plan the way from the current to the wanted versions',
    text: 'Every state between two hops is valid by the matrix. The plan has the fewest irreversible steps, then the fewest that drain or take down, then the fewest at all, then the newest patches. What is given without ..WANTED moves only if it has to. Where there is no way, the rules in conflict are told, and the exit code is 1.',
    arguments: versions,
    options: {
      ...requestOptions,
      ...liveOptions,
      as: {
        type: 'string',
        value: 'FORM',
        choices: ['table', 'markdown'],
        summary: 'How text output looks',
      },
    },
    examples: [
      {
        run: './lockstep upgrade plan mock-device=0.1.0..0.2.0 kubernetes=1.33..1.36',
        note: 'In which order?',
      },
      {
        run: './lockstep upgrade plan kubernetes=1.34..1.36 kmm=2.5.0 --as markdown',
        note: 'A document to follow',
      },
      {run: './lockstep upgrade plan kubernetes=..1.36 --live', note: 'From what the cluster runs'},
    ],
    load: () => import('./upgrade-plan.ts'),
  },
  {
    path: ['upgrade', 'explain'],
    group: 'Upgrade',
    summary: 'Say why the plan is as it is, or which rules leave no way',
    text: 'The conflict is irreducible: without any one of its parts, the others would leave a way. What alone frees a way is listed apart. Ends with 1 when there is no way.',
    arguments: versions,
    options: {...requestOptions, ...liveOptions},
    examples: [
      {
        run: './lockstep upgrade explain mock-device=0.1.0..0.2.0 kubernetes=1.33',
        note: 'What stands in the way?',
      },
    ],
    load: () => import('./upgrade-explain.ts'),
  },
  {
    path: ['upgrade', 'graph'],
    group: 'Upgrade',
    summary: 'Draw a plan',
    text: 'A lane for each thing with a version, and the moves from left to right: red ones drain or take down, a dashed border has no way back, and a dotted line leads to the hop that needs a move. The reasons are shown on hovering.',
    arguments: [planArgument],
    options: {
      as: {
        type: 'string',
        value: 'FORM',
        choices: ['svg', 'mermaid'],
        summary: 'SVG (the default) or a Mermaid flowchart',
      },
    },
    examples: [
      {run: './lockstep upgrade graph plan.json > plan.svg', note: 'To look at in a browser'},
      {
        run: './lockstep upgrade graph plan.json --as mermaid',
        note: 'For a page that draws Mermaid',
      },
    ],
    load: () => import('./upgrade-graph.ts'),
  },
  {
    path: ['upgrade', 'diff'],
    group: 'Upgrade',
    summary: 'Compare two plans',
    text: 'Which hops were added and removed, which differ and in what, and what both cost. Ends with 1 when the plans differ.',
    arguments: [
      {
        name: 'BEFORE',
        summary: 'a plan, as `upgrade plan -o json` writes it; - for standard input',
        required: true,
      },
      {name: 'AFTER', summary: 'another one', required: true},
    ],
    options: {},
    examples: [
      {run: './lockstep upgrade diff last-week.json plan.json', note: 'What do the new facts change?'},
    ],
    load: () => import('./upgrade-diff.ts'),
  },
  {
    path: ['upgrade', 'schedule'],
    group: 'Upgrade',
    summary: 'Say when each hop of a plan may begin',
    text: 'A hop begins in a window that leaves time for it, after the soak of the hop before. The last column is until when it can be undone: its own limit, or the hop that closes the way back. Ends with 1 when something does not fit.',
    arguments: [planArgument],
    options: {
      start: {
        type: 'string',
        value: 'TIME',
        summary: 'Nothing begins before, 2026-11-28 or 2026-11-28T22:00 in UTC; now otherwise',
      },
      window: {
        type: 'string',
        value: 'WINDOW',
        multiple: true,
        summary:
          'When something may be changed, such as "Sat,Sun 22:00-04:00 Europe/Berlin"; always otherwise',
      },
      'hop-time': {type: 'string', value: 'TIME', summary: 'How long a hop is taken to last (default: 1h)'},
    },
    examples: [
      {
        run: './lockstep upgrade schedule plan.json --start 2026-11-28 --window "Sat 22:00-04:00 Europe/Berlin"',
        note: 'When are we done?',
      },
    ],
    load: () => import('./upgrade-schedule.ts'),
  },
  {
    path: ['status'],
    group: 'Upgrade',
    summary: 'Say which version of everything a site’s files ask for',
    text: 'Reads the fields that the bindings name. What only a live cluster knows is shown as ?, unless --live asks it.',
    options: {
      ...bindingsOption,
      live: {type: 'boolean', summary: 'Read the objects that the bindings name from a live cluster'},
      ...clusterOptions,
    },
    examples: [
      {run: './lockstep status --bindings site/bindings.yaml', note: 'Where do we stand?'},
      {run: './lockstep status --live --context prod', note: 'And what runs there?'},
    ],
    load: () => import('./status.ts'),
  },
  {
    path: ['check-pr'],
    group: 'Upgrade',
    summary: 'Judge the versions that a pull request changes',
    text: 'Compares the fields that the bindings name in two commits: a rule that is broken afterwards, a step that skips a version, several steps that have an order, a way back that is lost, a known risk; each at its line, with its source. On GitHub Actions they are annotations as well. Ends with 1 when there is an error.',
    arguments: [{name: 'BASE..HEAD', summary: 'two commits', required: true}],
    options: {...bindingsOption, ...requestOptions},
    examples: [
      {
        run: './lockstep check-pr origin/main..HEAD --bindings site/bindings.yaml',
        note: 'May this be merged?',
      },
    ],
    load: () => import('./check-pr.ts'),
  },
]
