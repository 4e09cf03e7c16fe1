import type {Command} from './command.ts'
import {planArgument, targetOptions} from './options.ts'

/** Plans as something to carry out, and values for another version of a chart. */
export const emitCommands: readonly Command[] = [
  {
    path: ['upgrade', 'emit'],
    group: 'Upgrade',
    summary: 'Write a plan as a runbook, an issue, commits, GitOps manifests or a workflow',
    text: 'With --to git and --to pr the next hop is edited into the files that the bindings name, in place, as one commit on a branch of its own: which hop is next follows from where the files of --base stand, and it comes only when the hop before has stood for as long as the matrix asks and --gate is green. Nothing is made without --yes. The other forms print to standard output, or to --out.',
    arguments: [planArgument],
    options: {
      to: {
        type: 'string',
        value: 'FORM',
        choices: ['runbook', 'github-issue', 'git', 'pr', 'argocd', 'flux', 'argo-workflow'],
        summary: 'In which form (default: runbook)',
      },
      bindings: {
        type: 'string',
        value: 'FILE',
        summary: 'The site’s bindings: where versions stand, who owns them, and parameters',
      },
      parameter: {
        type: 'string',
        value: 'NAME=VALUE',
        multiple: true,
        summary: 'A parameter of the commands, such as namespace=kubevirt; over those of the bindings',
      },
      out: {type: 'string', value: 'PATH', summary: 'A file, or the folder that manifests go to'},
      hop: {type: 'string', value: 'N', summary: 'This hop alone'},
      done: {
        type: 'string',
        value: 'N',
        multiple: true,
        summary: 'So many hops are done, where no file tells it; CLUSTER=N with --fleet',
      },
      base: {type: 'string', value: 'REF', summary: 'The commit to look at and to build on (default: HEAD)'},
      into: {type: 'string', value: 'BRANCH', summary: 'What a pull request is for (default: main)'},
      remote: {type: 'string', value: 'NAME', summary: 'The Git remote to push to (default: origin)'},
      gate: {
        type: 'string',
        value: 'COMMAND',
        summary: 'Has to end with 0 before the next hop is emitted; run by sh',
      },
      fleet: {
        type: 'string',
        value: 'FILE',
        summary: 'Clusters in waves, each gated by the one before; see docs/guides/emit-upgrades.md',
      },
      yes: {type: 'boolean', summary: 'Make the branch; push it and open the pull request'},
    },
    examples: [
      {run: './lockstep upgrade emit plan.json --out runbook.md', note: 'For people'},
      {
        run: './lockstep upgrade emit plan.json --to pr --bindings site/bindings.yaml --yes',
        note: 'The next hop as a pull request',
      },
    ],
    load: () => import('./upgrade-emit.ts'),
  },
  {
    path: ['values', 'check'],
    group: 'Upgrade',
    summary: 'Say whether your values fit another version of a chart',
    text: 'Tells, each at its line: keys that nothing in the chart reads, keys that have another name now or are gone, values that the chart’s schema refuses, and what has to be given. With --from also the defaults that changed since that version where your values leave them to the chart. Ends with 1 when there is an error.',
    options: {
      values: {type: 'string', value: 'FILE', summary: 'Your values'},
      chart: {
        type: 'string',
        value: 'CHART',
        summary: 'A folder, an archive, or oci://REGISTRY/PATH/CHART:VERSION',
      },
      from: {
        type: 'string',
        value: 'VERSION',
        summary: 'The version that the values were written for; or its folder or archive',
      },
      ...targetOptions,
    },
    examples: [
      {
        run: './lockstep values check --values my.yaml --chart charts/mock-device',
        note: 'The chart of this checkout',
      },
      {
        run: './lockstep values check --values my.yaml --chart oci://ghcr.io/acme/charts/app:2.0.0 --from 1.4.0',
        note: 'Before an upgrade',
      },
    ],
    load: () => import('./values-check.ts'),
  },
]
