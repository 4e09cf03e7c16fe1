import type {Command, Option} from './command.ts'

/** Options of every command that speaks to a registry. */
const targetOptions = {
  'plain-http': {type: 'boolean', summary: 'Speak HTTP without TLS; loopback addresses need no telling'},
} as const satisfies Record<string, Option>

const jobsOption: Option = {
  type: 'string',
  short: 'j',
  value: 'N',
  summary: 'How many artifacts are made at once (default: one per core)',
}

const setOption = {
  set: {
    type: 'string',
    value: 'NAME=VALUE',
    multiple: true,
    summary: 'A value of the installation, such as kernelModule.enabled=true',
  },
} as const satisfies Record<string, Option>

/** Where `coverage` and `gate` look for images. */
const imagesOptions = {
  registry: {
    type: 'string',
    value: 'TARGET',
    summary: 'Look which images are really there; else lock and addenda are believed',
  },
  ...targetOptions,
} as const satisfies Record<string, Option>

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
    path: ['compat'],
    group: 'Ask',
    summary: 'Show what works with given versions',
    text: 'For every component that was not given: which of its versions work, which do not, and which nobody knows about. The product is taken in the version of the release, unless it is given.',
    options: {
      with: {
        type: 'string',
        value: 'NAME=VERSION',
        multiple: true,
        summary: 'A version that stands; repeat it for more',
      },
      ...setOption,
    },
    examples: [
      {run: './lockstep compat --with kubernetes=1.36', note: 'What works on Kubernetes 1.36?'},
      {
        run: './lockstep compat --with kubernetes=1.36 --set kernelModule.enabled=true',
        note: 'And with the kernel module?',
      },
    ],
    load: () => import('./compat.ts'),
  },
  {
    path: ['compat', 'check'],
    group: 'Ask',
    summary: 'Say yes, no or unknown to a combination of versions, citing rules',
    text: 'A yes needs rules that hold for every given component; outside of all rules the answer is unknown. Ends with 0 for a yes only.',
    arguments: [{name: 'NAME=VERSION', summary: 'such as kubernetes=1.36', required: true, many: true}],
    options: setOption,
    examples: [
      {run: './lockstep compat check kubernetes=1.36 kmm=2.6', note: 'Do these work together?'},
      {
        run: './lockstep compat check kubernetes=1.33 -o json',
        note: 'The answer with its reasons, for a program',
      },
    ],
    load: () => import('./compat-check.ts'),
  },
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
  {
    path: ['kernels', 'list'],
    group: 'Kernels',
    summary: 'Show the kernel lines and the exact kernels that the lock has of them',
    examples: [{run: './lockstep kernels list', note: 'Which kernels are built?'}],
    load: () => import('./kernels-list.ts'),
  },
  {
    path: ['kernels', 'update'],
    group: 'Kernels',
    summary: 'Ask the archives for the newest kernels and write the lock',
    text: "Reads the package indexes of the machine's own mirror. Without news no byte of the lock changes.",
    options: {diff: {type: 'boolean', summary: 'Show what would change, and write nothing'}},
    examples: [
      {run: './lockstep kernels update', note: 'Renew matrix/kernels.lock.yaml'},
      {run: './lockstep kernels update --diff', note: 'Are there new kernels?'},
    ],
    load: () => import('./kernels-update.ts'),
  },
  {
    path: ['kernels', 'build'],
    group: 'Kernels',
    summary: 'Build the module image of one kernel',
    text: 'For a kernel of the lock, or for one that the archive has of a line; the latter can be tried and is never published.',
    arguments: [{name: 'KERNEL', summary: 'a name as `uname -r` tells it', required: true}],
    options: {out: {type: 'string', value: 'DIR', summary: 'Write the image as an OCI layout there'}},
    examples: [
      {run: './lockstep kernels build 6.12.117+deb13-amd64', note: 'Does the module build for it?'},
      {
        run: './lockstep kernels build 6.12.117+deb13-amd64 --out /tmp/image',
        note: 'Where can I look at it?',
      },
    ],
    load: () => import('./kernels-build.ts'),
  },
  {
    path: ['kernels', 'release'],
    group: 'Kernels',
    summary: 'Build and publish images for kernels that came after a release',
    text: 'Compares the lock with what the release and its addenda have published, builds what is new from the sources of the same version, publishes it, and writes an addendum to matrix/addenda/ that is published as a referrer of the release. The chart and every version tag stay as they are: its mappings find the new images. Without --yes it shows what would be done; oci:DIR needs none.',
    arguments: [
      {name: 'VERSION', summary: 'the release, which must be that of this checkout', required: true},
    ],
    options: {
      to: {
        type: 'string',
        value: 'TARGET',
        summary: "oci:DIR or REGISTRY/PREFIX (default: the matrix's registry)",
      },
      yes: {type: 'boolean', summary: 'Do it; needed for a registry'},
      jobs: jobsOption,
      ...targetOptions,
    },
    examples: [
      {run: './lockstep kernels release 0.2.0', note: 'What would be built and published?'},
      {run: './lockstep kernels release 0.2.0 --to ghcr.io/acme --yes', note: 'Do it'},
    ],
    load: () => import('./kernels-release.ts'),
  },
  {
    path: ['kernels', 'coverage'],
    group: 'Kernels',
    summary: 'Tell which nodes of a fleet get a module image, and which do not',
    text: "Chooses for every node's kernel as KMM 2.6 would: mapping, image, tag; then says whether that image exists. Ends with 1 when a kernel gets none.",
    options: {
      nodes: {
        type: 'string',
        value: 'FILE',
        summary: '`kubectl get nodes -o json`, or one kernel name a line; - reads standard input',
      },
      live: {type: 'boolean', summary: 'Ask kubectl for the nodes'},
      ...imagesOptions,
    },
    examples: [
      {run: './lockstep kernels coverage --nodes nodes.json', note: 'A fleet from a file'},
      {
        run: './lockstep kernels coverage --live --registry ghcr.io/acme',
        note: 'A cluster and what is really in a registry',
      },
    ],
    load: () => import('./kernels-coverage.ts'),
  },
  {
    path: ['kernels', 'gate'],
    group: 'Kernels',
    summary: 'Say whether a node image with this kernel may be rolled out',
    text: 'For pipelines that build node images: ends with 0 only when the kernel gets an image that is known to exist.',
    arguments: [{name: 'KERNEL', summary: 'a name as `uname -r` tells it', required: true}],
    options: {
      arch: {type: 'string', value: 'ARCH', choices: ['amd64', 'arm64'], summary: "The node's architecture"},
      ...imagesOptions,
    },
    examples: [{run: './lockstep kernels gate 6.12.117+deb13-amd64', note: 'May it be rolled out?'}],
    load: () => import('./kernels-gate.ts'),
  },
  {
    path: ['release', 'plan'],
    group: 'Release',
    summary: 'Show what a release consists of: artifacts, inputs, tags, order',
    text: 'Looks at the checkout only: builds nothing, and asks nobody. The JSON form is the plan as `release build` writes it to dist/plan.json.',
    examples: [
      {run: './lockstep release plan', note: 'What would be released?'},
      {run: './lockstep release plan -o json', note: 'The whole plan, for a program'},
    ],
    load: () => import('./release-plan.ts'),
  },
  {
    path: ['release', 'build'],
    group: 'Release',
    summary: 'Make everything that the plan lists, into dist/',
    text: 'Content-addressed: what was made before from the same inputs is taken from the cache, by this clone or another. Interrupted at any moment, the next run goes on. The folder then holds oci/ (one OCI image layout per repository), release/ (files to download) and plan.json.',
    options: {
      out: {type: 'string', value: 'DIR', summary: 'The folder to write to (default: dist/ of the checkout)'},
      jobs: jobsOption,
    },
    examples: [
      {run: './lockstep release build', note: 'A release in dist/'},
      {run: './lockstep release build --out /tmp/release -j 1', note: 'Elsewhere, one after the other'},
    ],
    load: () => import('./release-build.ts'),
  },
  {
    path: ['release', 'notes'],
    group: 'Release',
    summary: 'Print the release notes',
    arguments: [{name: 'VERSION', summary: "left out, the release's"}],
    examples: [{run: './lockstep release notes', note: 'What does this release say?'}],
    load: () => import('./release-notes.ts'),
  },
  {
    path: ['release', 'verify'],
    group: 'Release',
    summary: 'Check every byte of a built or published release',
    text: 'Bottom up: release files against SHA256SUMS, then every tag, manifest and blob against digests.json; for a folder also against its plan. Ends with 1 and all problems when something is wrong.',
    arguments: [
      {name: 'TARGET', summary: 'oci:DIR or REGISTRY/PREFIX; left out, the built release in dist/'},
    ],
    options: {
      from: {type: 'string', value: 'DIR', summary: 'The built release (default: dist/ of the checkout)'},
      release: {type: 'string', value: 'VERSION', summary: "Which published one (default: the matrix's)"},
      ...targetOptions,
    },
    examples: [
      {run: './lockstep release verify', note: 'Is dist/ whole?'},
      {run: './lockstep release verify ghcr.io/acme --release 0.2.0', note: 'Is what was published whole?'},
    ],
    load: () => import('./release-verify.ts'),
  },
  {
    path: ['release', 'publish'],
    group: 'Release',
    summary: 'Bring a built release to a registry or an OCI layout',
    text: 'Looks first: what is there with the same digest is done, a version tag that stands for something else is refused before anything is sent. Images go first, then chart, manifests and release files, floating tags last. A registry is only written to with --yes; without it, this shows what would be done. A run that was cut off is finished by the next one.',
    options: {
      to: {type: 'string', value: 'TARGET', summary: 'oci:DIR or REGISTRY/PREFIX'},
      from: {type: 'string', value: 'DIR', summary: 'The built release (default: dist/ of the checkout)'},
      yes: {type: 'boolean', summary: 'Do it; needed for a registry'},
      ...targetOptions,
    },
    examples: [
      {
        run: './lockstep release publish --to oci:/tmp/layout',
        note: 'Into a folder that registry tools read',
      },
      {run: './lockstep release publish --to ghcr.io/acme', note: 'What would be done there?'},
      {run: './lockstep release publish --to ghcr.io/acme --yes', note: 'Do it'},
    ],
    load: () => import('./release-publish.ts'),
  },
  {
    path: ['release', 'status'],
    group: 'Release',
    summary: 'Tell what of a built release is published where',
    text: 'Looks only. Ends with 1 while a tag is absent or stands for something else.',
    options: {
      to: {
        type: 'string',
        value: 'TARGET',
        summary: "oci:DIR or REGISTRY/PREFIX (default: the matrix's registry)",
      },
      from: {type: 'string', value: 'DIR', summary: 'The built release (default: dist/ of the checkout)'},
      ...targetOptions,
    },
    examples: [{run: './lockstep release status --to ghcr.io/acme', note: 'Is everything out?'}],
    load: () => import('./release-status.ts'),
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
