import type {Command, Option} from './command.ts'
import {jobsOption, releaseSignOptions, signOptions, targetOptions} from './options.ts'

/** Where `coverage` and `gate` look for images. */
const imagesOptions = {
  registry: {
    type: 'string',
    value: 'TARGET',
    summary: 'Look which images are really there; else lock and addenda are believed',
  },
  ...targetOptions,
} as const satisfies Record<string, Option>

/** Commands about kernels and their module images. */
export const kernelCommands: readonly Command[] = [
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
    options: {
      out: {type: 'string', value: 'DIR', summary: 'Write the image as an OCI layout there'},
      ...signOptions,
    },
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
      ...signOptions,
      ...releaseSignOptions,
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
]
