import type {Command, Option} from './command.ts'
import {markSignOptions, outsideOptions, targetOptions} from './options.ts'

const to = {
  type: 'string',
  value: 'TARGET',
  summary: "oci:DIR or REGISTRY/PREFIX of the release (default: the matrix's registry)",
} as const satisfies Option

const bundle = {
  name: 'FILE|VERSION',
  summary: 'a bundle of `evidence write`, or a published version that carries one',
  required: true,
} as const

/** From what tests have shown to the level `tested`. */
export const evidenceCommands: readonly Command[] = [
  {
    path: ['evidence', 'write'],
    group: 'Evidence',
    summary: 'Sign what a run of the tests has shown',
    text: 'Reads the records that `npm test -- --record DIR` leaves, and writes one signed in-toto statement about the commit: which tests passed, with which versions, and what they prove. Refused when a test has failed, or when other files than the commit’s were tested.',
    arguments: [{name: 'DIR', summary: 'the folder with the records', required: true}],
    options: {
      out: {type: 'string', value: 'FILE', summary: 'Where to write (default: evidence.sigstore.json)'},
      ...markSignOptions,
    },
    examples: [
      {
        run: './lockstep evidence write records --sign-key release.key',
        note: 'After npm test -- --record records',
      },
    ],
    load: () => import('./evidence-write.ts'),
  },
  {
    path: ['evidence', 'verify'],
    group: 'Evidence',
    summary: 'Check who has signed evidence, and show what it says',
    arguments: [bundle],
    options: {to, ...targetOptions},
    examples: [
      {run: './lockstep evidence verify evidence.sigstore.json --key release.pub', note: 'Of a file'},
      {run: './lockstep evidence verify 0.2.0 --key release.pub', note: 'Of a release'},
    ],
    load: () => import('./evidence-verify.ts'),
  },
  {
    path: ['evidence', 'apply'],
    group: 'Evidence',
    summary: 'Let facts that verified evidence proves become `tested` in the matrix',
    text: 'Adds the run to `evidence` in matrix/mock-device.yaml, sets level, source and day of every fact that its records prove and cover, generates, and tells what became of each. A fact that says more than was run (a combination of supported versions, or an alternative, that no run had) stays as it was. Nothing else in the file changes.',
    arguments: [bundle],
    options: {to, ...targetOptions},
    examples: [
      {run: './lockstep evidence apply evidence.sigstore.json --key release.pub', note: 'Then commit'},
    ],
    load: () => import('./evidence-apply.ts'),
  },
  {
    path: ['evidence', 'publish'],
    group: 'Evidence',
    summary: 'Attach evidence to the release of its commit',
    text: 'As a referrer of the release’s own artifact, beside its signatures. Without --yes it shows the call.',
    arguments: [
      {name: 'FILE', summary: 'a bundle of `evidence write`', required: true},
      {name: 'VERSION', summary: 'which release', required: true},
    ],
    options: {
      to,
      yes: {type: 'boolean', summary: 'Make the call'},
      ...outsideOptions,
      ...targetOptions,
    },
    examples: [
      {
        run: './lockstep evidence publish evidence.sigstore.json 0.2.0 --yes',
        note: 'As the release workflow does',
      },
    ],
    load: () => import('./evidence-publish.ts'),
  },
]
