import type {Command} from './command.ts'

/** Every command of `lockstep`; help, completion and docs/reference/cli.md are made from it. */
export const commands: readonly Command[] = [
  {
    path: ['explain'],
    group: 'Ask',
    summary: 'Tell the long story of an error code',
    arguments: [{name: 'CODE', summary: 'a code such as M001; left out, all codes are listed'}],
    examples: [
      {run: './lockstep explain M001', note: 'What does M001 mean, and what is to be done?'},
      {run: './lockstep explain', note: 'All codes with their titles'},
    ],
    load: () => import('./explain.ts'),
  },
  {
    path: ['matrix', 'lint'],
    group: 'Make',
    summary: 'Find everything that is wrong in the matrix and the files beside it',
    text: 'Reads the matrix, components/*.yaml, the device contract, the kernel lock and the changes, and shows every problem of all files at once, each with its place, what was expected and the next step. Ends with 1 when there is an error.',
    options: {strict: {type: 'boolean', summary: 'End with 1 for warnings too'}},
    examples: [
      {run: './lockstep matrix lint', note: 'Is the matrix sound?'},
      {run: './lockstep matrix lint -o json', note: 'The problems, for an editor or a program'},
    ],
    load: () => import('./matrix-lint.ts'),
  },
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
