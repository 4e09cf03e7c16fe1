import type {Command} from './command.ts'
import {askCommands} from './table-ask.ts'
import {cutCommands} from './table-cut.ts'
import {devCommands} from './table-dev.ts'
import {doctorCommands} from './table-doctor.ts'
import {emitCommands} from './table-emit.ts'
import {evidenceCommands} from './table-evidence.ts'
import {kernelCommands} from './table-kernels.ts'
import {makeCommands} from './table-make.ts'
import {releaseCommands} from './table-release.ts'
import {runCommands} from './table-run.ts'
import {upgradeCommands} from './table-upgrade.ts'

/** Every command of `lockstep`; help, completion and docs/reference/cli.md are made from it. */
export const commands: readonly Command[] = [
  ...askCommands,
  ...doctorCommands,
  ...makeCommands,
  ...kernelCommands,
  ...releaseCommands,
  ...cutCommands,
  ...evidenceCommands,
  ...upgradeCommands,
  ...emitCommands,
  ...runCommands,
  ...devCommands,
  {
    path: ['completion'],
    group: 'Shell',
    summary: 'Print the completion script of a shell',
    arguments: [{name: 'SHELL', summary: 'which shell', required: true, choices: ['bash', 'zsh', 'fish']}],
    examples: [
      {run: 'source <(./lockstep completion bash)', note: 'In this bash'},
      {run: './lockstep completion fish | source', note: 'In this fish'},
    ],
    load: () => import('./completion.ts'),
  },
]
