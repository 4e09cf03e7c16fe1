import type {Command} from './command.ts'
import {jobsOption, markSignOptions, targetOptions} from './options.ts'

/** The main job, and what is made of the matrix alone. */
export const makeCommands: readonly Command[] = [
  {
    path: ['start'],
    group: 'Make',
    summary: 'Do the main job: lint, check, build and verify the release, into dist/',
    text: 'What `npm start` runs. Needs nothing but this machine: the layout in dist/ is the registry. What was made before is not made again.',
    options: {jobs: jobsOption},
    examples: [{run: './lockstep start', note: 'A whole release of what the matrix lists'}],
    load: () => import('./start.ts'),
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
    path: ['matrix', 'publish'],
    group: 'Make',
    summary: 'Publish the matrix as an artifact of its own, for --matrix oci://…',
    text: 'Facts are learnt after a release too. The matrix of the commit goes to the repository PRODUCT-matrix: by its digest, signed, under a tag of its day and text that never moves, and under the tag of its channel, which only goes forward. Without --yes it shows the calls.',
    options: {
      to: {
        type: 'string',
        value: 'TARGET',
        summary: "oci:DIR or REGISTRY/PREFIX (default: the matrix's registry)",
      },
      yes: {type: 'boolean', summary: 'Make the calls'},
      ...markSignOptions,
      ...targetOptions,
    },
    examples: [
      {run: './lockstep matrix publish --yes --sign-key release.key', note: 'What is known today, signed'},
    ],
    load: () => import('./matrix-publish.ts'),
  },
  {
    path: ['matrix', 'import'],
    group: 'Make',
    summary: 'Hold a table that another project publishes against the matrix',
    text: 'Says which versions the matrix does not list, where its rules answer otherwise than the table, where they are silent, and which dates differ. It compares answers, not the way rules are written, and changes nothing. Ends with 1 when there is a finding.',
    arguments: [
      {
        name: 'FORMAT',
        summary: 'whose table it is',
        required: true,
        choices: ['karpenter', 'kubevirt', 'cert-manager', 'endoflife', 'pluto'],
      },
      {name: 'FILE', summary: 'the file, as its project publishes it', required: true},
    ],
    options: {
      component: {
        type: 'string',
        value: 'NAME',
        summary: 'Whose versions the rows are; the name of the format otherwise',
      },
      platform: {
        type: 'string',
        value: 'NAME',
        summary: 'What their windows are of; the matrix’s platform otherwise',
      },
    },
    examples: [
      {
        run: './lockstep matrix import karpenter compatibility.yaml --matrix matrix/mlops-platform.yaml',
        note: 'What is new at Karpenter?',
      },
      {
        run: './lockstep matrix import endoflife amazon-eks.md --component eks --matrix matrix/mlops-platform.yaml',
        note: 'Have the dates changed?',
      },
    ],
    load: () => import('./matrix-import.ts'),
  },
  {
    path: ['generate'],
    group: 'Make',
    summary: 'Write all generated files: chart, manifests, documents, constants',
    text: 'Writes what differs from what the matrix says, removes generated files that nothing generates any more, and never touches a file that does not say in its first line that it is generated.',
    options: {diff: {type: 'boolean', summary: 'Show what would change, and write nothing'}},
    examples: [
      {run: './lockstep generate', note: 'After an edit of the matrix'},
      {run: './lockstep generate --diff', note: 'What would change?'},
    ],
    load: () => import('./generate.ts'),
  },
  {
    path: ['check'],
    group: 'Make',
    summary: 'Compare the generated files with the matrix',
    text: 'Ends with 1 and a unified diff when a generated file was edited, is missing, or is no longer generated.',
    examples: [
      {run: './lockstep check', note: 'Is everything generated up to date? For CI'},
      {run: './lockstep check -o json', note: 'The same for a program'},
    ],
    load: () => import('./check.ts'),
  },
]
