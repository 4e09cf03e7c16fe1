import type {Command} from './command.ts'
import {jobsOption, markSignOptions, outsideOptions, publishSignOptions, targetOptions} from './options.ts'

const to = {
  type: 'string',
  value: 'TARGET',
  summary: "oci:DIR or REGISTRY/PREFIX (default: the matrix's registry)",
} as const

/** Commands that take a release as a whole: Git, registry and GitHub. */
export const cutCommands: readonly Command[] = [
  {
    path: ['release', 'prepare'],
    group: 'Release',
    summary: 'Raise the version: matrix, history, changes, and everything generated',
    text: 'Works out the next version from the commits since the last tag, or takes the one that is named; writes version, day, channel and a row of the history into the matrix without touching anything else in it; drafts matrix/changes/VERSION.yaml from the commits for people to edit (or takes unreleased.yaml, when they have collected there); generates, and shows the difference. Run again, it keeps what was edited. Refused on another branch than the matrix names for the version, and when the support policy promises nothing to its minor any more. With --yes it commits that to a branch, pushes it, and with a token in GH_TOKEN or GITHUB_TOKEN opens a pull request.',
    arguments: [{name: 'major|minor|patch|VERSION', summary: 'left out, what the commits ask for'}],
    options: {
      channel: {
        type: 'string',
        value: 'CHANNEL',
        choices: ['stable', 'rc', 'nightly'],
        summary: 'Who it is for (default: that of VERSION, else stable)',
      },
      date: {
        type: 'string',
        value: 'DATE',
        summary: 'The day of the release, YYYY-MM-DD (default: today, UTC)',
      },
      yes: {type: 'boolean', summary: 'Open the branch, push it, ask for it to be merged'},
      ...outsideOptions,
    },
    examples: [
      {run: './lockstep release prepare minor', note: 'The next minor, in this checkout'},
      {run: './lockstep release prepare minor --channel rc', note: 'Its first candidate'},
      {run: './lockstep release prepare 0.3.0 --yes', note: 'Edited and ready: propose it'},
    ],
    load: () => import('./release-prepare.ts'),
  },
  {
    path: ['release', 'learn'],
    group: 'Release',
    summary: 'Let this branch know of a release that another branch has made',
    text: 'On main, after 0.1.7 was cut on release-0.1: takes the row of the history and matrix/changes/VERSION.yaml from the tag as they were released, generates, and shows the difference. The release of this branch stays what it is. With --yes it commits that to a branch, pushes it, and with a token opens a pull request.',
    arguments: [{name: 'VERSION', summary: 'which release', required: true}],
    options: {
      from: {type: 'string', value: 'COMMIT', summary: 'Where to take it from (default: the tag vVERSION)'},
      yes: {type: 'boolean', summary: 'Open the branch, push it, ask for it to be merged'},
      ...outsideOptions,
    },
    examples: [
      {run: './lockstep release learn 0.1.7', note: 'What does main not know yet?'},
      {run: './lockstep release learn 0.1.7 --yes', note: 'Propose it'},
    ],
    load: () => import('./release-learn.ts'),
  },
  {
    path: ['release', 'cut'],
    group: 'Release',
    summary: 'Release the version of the matrix: tag, build, publish, verify, GitHub',
    text: 'Refuses, with every reason at once, what is not committed, generated, compatible or whole, and a version that stands elsewhere. Then builds and verifies dist/, and shows every call that a release still needs; with --yes it makes them: the Git tag first (its push is the lock between two releasers), images, chart, manifests and release files by version, then everything is read back, then a GitHub draft with every file, floating tags, and last the draft is published. Each step looks first: run again, it finishes what another run began.',
    options: {
      yes: {type: 'boolean', summary: 'Make the calls'},
      to,
      from: {
        type: 'string',
        value: 'DIR',
        summary:
          'A release that is built already, with signed modules for example (default: build into dist/)',
      },
      jobs: jobsOption,
      ...outsideOptions,
      ...publishSignOptions,
      ...targetOptions,
    },
    examples: [
      {run: './lockstep release cut', note: 'What would be done?'},
      {run: './lockstep release cut --yes --sign-key release.key', note: 'Do it, signed'},
      {run: './lockstep release cut --yes --no-github --to ghcr.io/acme', note: 'Tag and registry only'},
    ],
    load: () => import('./release-cut.ts'),
  },
  {
    path: ['release', 'yank'],
    group: 'Release',
    summary: 'Withdraw a release: mark it everywhere, and let floating tags go back',
    text: 'Nothing is deleted: who has pinned the version keeps it. Its row in the matrix becomes `yanked`, with the reason, and the pages say so; every artifact gets a referrer that says so, signed when a key is given; floating tags that stand for it go back to the newest release that fits and was not withdrawn; GitHub shows it in the title and notes, and another release as the latest. Without --yes it shows the calls. Commit the changed matrix afterwards.',
    arguments: [{name: 'VERSION', summary: 'which release', required: true}],
    options: {
      reason: {type: 'string', value: 'TEXT', summary: 'What people who have installed it must know'},
      yes: {type: 'boolean', summary: 'Make the calls'},
      to,
      ...outsideOptions,
      ...markSignOptions,
      ...targetOptions,
    },
    examples: [
      {
        run: './lockstep release yank 0.2.1 --reason go-to-0.2.2',
        note: 'What would be done?',
      },
      {
        run: './lockstep release yank 0.2.1 --reason go-to-0.2.2 --yes --sign-key release.key',
        note: 'Do it, so that `release verify` can tell it from a stranger’s claim',
      },
    ],
    load: () => import('./release-yank.ts'),
  },
]
