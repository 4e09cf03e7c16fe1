import type {Command} from './command.ts'
import {jobsOption, outsideOptions, publishSignOptions, signOptions, targetOptions} from './options.ts'

/** Commands from the plan to the registry. */
export const releaseCommands: readonly Command[] = [
  {
    path: ['release', 'plan'],
    group: 'Release',
    summary: 'Show what a release consists of: artifacts, inputs, tags, order',
    text: 'Looks at the checkout only: builds nothing, and asks nobody. The JSON form is the plan as `release build` writes it to dist/plan.json.',
    options: {
      shards: {
        type: 'string',
        value: 'N',
        summary: 'Instead, its kernels in at most N parts of even size, for as many machines',
      },
      'sign-cert': signOptions['sign-cert'],
    },
    examples: [
      {run: './lockstep release plan', note: 'What would be released?'},
      {run: './lockstep release plan -o json', note: 'The whole plan, for a program'},
      {run: './lockstep release plan --shards 256 -o json', note: 'Jobs for the matrix of a workflow'},
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
      ...signOptions,
    },
    examples: [
      {run: './lockstep release build', note: 'A release in dist/'},
      {run: './lockstep release build --out /tmp/release -j 1', note: 'Elsewhere, one after the other'},
      {
        run: './lockstep release build --sign-key key.pem --sign-cert cert.pem',
        note: 'With signed modules, for Secure Boot',
      },
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
    text: 'Bottom up: release files against SHA256SUMS, then every tag, manifest and blob against digests.json, the kernel modules in images without their signatures, the floating tags, and the release’s own artifact; for a folder also against its plan. With somebody to trust (--key, or --identity with --issuer) also that they have signed every artifact and SHA256SUMS, that each provenance speaks of this artifact and version, and that no bill of materials hangs there but those it names. Ends with 1 and all problems when something is wrong.',
    arguments: [
      {
        name: 'TARGET|VERSION',
        summary:
          'oci:DIR, oci-archive:FILE, REGISTRY/PREFIX, or a version in the matrix’s registry; left out, the built release in dist/',
      },
    ],
    options: {
      from: {type: 'string', value: 'DIR', summary: 'The built release (default: dist/ of the checkout)'},
      release: {type: 'string', value: 'VERSION', summary: "Which published one (default: the matrix's)"},
      'no-floating': {type: 'boolean', summary: 'Do not look at tags such as latest: a copy may lack them'},
      rebuild: {
        type: 'boolean',
        summary: 'Make it again from this checkout, which must be its commit, and compare every digest',
      },
      ...signOptions,
      ...targetOptions,
    },
    examples: [
      {run: './lockstep release verify', note: 'Is dist/ whole?'},
      {run: './lockstep release verify 0.2.0 --key release.pub', note: 'Did they publish it, and all of it?'},
      {run: './lockstep release verify ghcr.io/acme --release 0.2.0', note: 'Is what was published whole?'},
      {
        run: './lockstep release verify 0.2.0 --key release.pub --rebuild',
        note: 'Does its source give the same bytes?',
      },
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
      ...publishSignOptions,
      ...targetOptions,
    },
    examples: [
      {
        run: './lockstep release publish --to oci:/tmp/layout',
        note: 'Into a folder that registry tools read',
      },
      {run: './lockstep release publish --to ghcr.io/acme', note: 'What would be done there?'},
      {run: './lockstep release publish --to ghcr.io/acme --yes', note: 'Do it'},
      {
        run: './lockstep release publish --to ghcr.io/acme --yes --sign-key release.key',
        note: 'Signed, with provenance and bills of materials',
      },
    ],
    load: () => import('./release-publish.ts'),
  },
  {
    path: ['release', 'inputs'],
    group: 'Release',
    summary: 'Archive what a published release was made from: Debian and npm packages, and the locks',
    text: 'One OCI artifact that hangs on the release, a layer for each package, so that `release verify --rebuild` still works when package mirrors have moved on. A registry keeps what several releases share once. Each package is checked against the checkout’s locks when it is used, whoever has archived it. A registry is only written to with --yes; what is archived is not sent again.',
    options: {
      to: {
        type: 'string',
        value: 'TARGET',
        summary:
          "Where the release is published: oci:DIR or REGISTRY/PREFIX (default: the matrix's registry)",
      },
      from: {type: 'string', value: 'DIR', summary: 'The built release (default: dist/ of the checkout)'},
      yes: {type: 'boolean', summary: 'Do it; needed for a registry'},
      ...targetOptions,
    },
    examples: [
      {run: './lockstep release inputs', note: 'What would be archived?'},
      {run: './lockstep release inputs --to ghcr.io/acme --yes', note: 'Do it'},
    ],
    load: () => import('./release-inputs.ts'),
  },
  {
    path: ['mirror'],
    group: 'Release',
    summary: 'Copy a published release, whole and unchanged, to another registry, a folder or one file',
    text: 'Every image with all its platforms, chart, manifests and release files, with signatures, provenances, bills of materials and whatever else hangs on them, and the images of kernels that came later. Nothing is rewritten: digests are the same, so `release verify --key` works on the copy, without a network. Looks first: what is there is not sent again, a version tag that stands for something else is refused before anything is sent, and a run that was cut off is finished by the next one. A registry is only written to with --yes; without it, this shows what would be copied.',
    arguments: [{name: 'VERSION', summary: 'which release', required: true}],
    options: {
      from: {
        type: 'string',
        value: 'TARGET',
        summary: "REGISTRY/PREFIX, oci:DIR or oci-archive:FILE (default: the matrix's registry)",
      },
      to: {type: 'string', value: 'TARGET', summary: 'REGISTRY/PREFIX, oci:DIR or oci-archive:FILE'},
      'no-floating': {type: 'boolean', summary: 'Leave tags such as latest alone; they only ever go forward'},
      inputs: {type: 'boolean', summary: 'Also what the release was made from, if that is archived'},
      settings: {
        type: 'string',
        value: 'FOR',
        choices: ['helm', 'flux', 'argocd', 'containerd'],
        summary: 'Instead, print what makes helm, flux, argocd or containerd use the copy',
      },
      yes: {type: 'boolean', summary: 'Do it; needed for a registry'},
      force: {type: 'boolean', summary: 'Replace a file that holds something else'},
      ...targetOptions,
    },
    examples: [
      {run: './lockstep mirror 0.2.0 --to registry.example.com/mirror', note: 'What would be copied?'},
      {run: './lockstep mirror 0.2.0 --to registry.example.com/mirror --yes', note: 'Do it'},
      {run: './lockstep mirror 0.2.0 --to oci-archive:release.tar', note: 'Into one file, to be carried'},
      {
        run: './lockstep mirror 0.2.0 --from oci-archive:release.tar --to registry.example.com/mirror --yes',
        note: 'On the other side',
      },
      {
        run: './lockstep mirror 0.2.0 --to registry.example.com/mirror --settings helm > values.yaml',
        note: 'Chart values that name the copy',
      },
    ],
    load: () => import('./mirror.ts'),
  },
  {
    path: ['release', 'status'],
    group: 'Release',
    summary: 'Tell what of a release is where, what is missing, and what the next run would do',
    text: 'Looks only. With a VERSION: its Git tag, the registry, what hangs on its artifacts, GitHub (with a token in GH_TOKEN or GITHUB_TOKEN), and the calls that `release cut` would still make. Without: the tags of what lies in dist/. Ends with 1 while anything is absent or stands for something else.',
    arguments: [{name: 'VERSION', summary: 'left out, what lies in dist/, in the registry alone'}],
    options: {
      to: {
        type: 'string',
        value: 'TARGET',
        summary: "oci:DIR or REGISTRY/PREFIX (default: the matrix's registry)",
      },
      from: {type: 'string', value: 'DIR', summary: 'The built release (default: dist/ of the checkout)'},
      ...outsideOptions,
      ...publishSignOptions,
      ...targetOptions,
    },
    examples: [
      {run: './lockstep release status 0.2.0', note: 'What is where, and what is left to do?'},
      {run: './lockstep release status --to ghcr.io/acme', note: 'Is what lies in dist/ out?'},
    ],
    load: () => import('./release-status.ts'),
  },
]
