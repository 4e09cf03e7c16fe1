import type {Option} from './command.ts'

/** Whose signatures count: a key’s, or an identity’s. A matrix may come from a registry, so that any command may ask. */
const trustOptions = {
  key: {
    type: 'string',
    value: 'FILE',
    summary: 'Trust signatures by this public key (PEM): of releases, evidence, a matrix in a registry',
  },
  identity: {
    type: 'string',
    value: 'URL',
    summary:
      'Trust signatures by this identity: a workflow’s URL, or an address; with --issuer and --trusted-root',
  },
  issuer: {type: 'string', value: 'URL', summary: 'Who vouches for the identity'},
  'trusted-root': {
    type: 'string',
    value: 'FILE',
    summary: 'Authorities and logs to trust, as `cosign trusted-root create` writes them',
  },
} as const satisfies Record<string, Option>

export const trustNames = ['key', 'identity', 'issuer', 'trusted-root'] as const

/** Options that every command takes. */
export const globalOptions = {
  help: {type: 'boolean', short: 'h', summary: 'Show this help'},
  output: {
    type: 'string',
    short: 'o',
    value: 'FORMAT',
    choices: ['text', 'table', 'json', 'yaml'],
    summary: 'Result as text (the default; table is another name for it), json or yaml',
  },
  root: {
    type: 'string',
    value: 'DIR',
    summary: 'The checkout (default: the nearest folder upwards that has matrix/)',
  },
  matrix: {
    type: 'string',
    value: 'FILE',
    summary:
      'The matrix: a file, or oci://HOST/REPOSITORY@sha256:… (default: the one of the checkout with a release)',
  },
  ...trustOptions,
  quiet: {type: 'boolean', short: 'q', summary: 'No progress on standard error'},
  'no-color': {type: 'boolean', summary: 'No colours; so does NO_COLOR, and so does output to a file'},
  version: {type: 'boolean', summary: 'Show the release version of the matrix'},
} as const satisfies Record<string, Option>

/** Options of every command that speaks to a registry. */
export const targetOptions = {
  'plain-http': {type: 'boolean', summary: 'Speak HTTP without TLS; loopback addresses need no telling'},
} as const satisfies Record<string, Option>

/** Options of every command that asks a live cluster. */
export const clusterOptions = {
  kubeconfig: {
    type: 'string',
    value: 'FILE',
    summary: 'How to get into the cluster (default: KUBECONFIG, ~/.kube/config, or the pod’s account)',
  },
  context: {type: 'string', value: 'NAME', summary: 'A context of it (default: its current one)'},
} as const satisfies Record<string, Option>

/** Options of every command that cuts, tells of or withdraws a whole release. */
export const outsideOptions = {
  remote: {
    type: 'string',
    value: 'NAME',
    summary: 'The Git remote that releases are pushed to (default: origin)',
  },
  'no-github': {
    type: 'boolean',
    summary: 'Leave GitHub out; else a token is taken from GH_TOKEN or GITHUB_TOKEN',
  },
} as const satisfies Record<string, Option>

export const jobsOption: Option = {
  type: 'string',
  short: 'j',
  value: 'N',
  summary: 'How many artifacts are made at once (default: one per core)',
}

/** Options of every command that builds module images. */
export const signOptions = {
  'sign-key': {
    type: 'string',
    value: 'FILE',
    summary:
      'Sign the modules in images with this key: a PEM file, or pkcs11:URI (passphrase or PIN: KBUILD_SIGN_PIN)',
  },
  'sign-cert': {type: 'string', value: 'FILE', summary: "The key's certificate, which goes into the release"},
} as const satisfies Record<string, Option>

/** Options of every command that signs what it publishes. */
export const publishSignOptions = {
  'sign-key': {
    type: 'string',
    value: 'FILE',
    summary:
      'Sign with this key: a PEM file (EC, P-256), or pkcs11:URI (passphrase or PIN: COSIGN_PASSWORD); adds provenance and bills of materials',
  },
  keyless: {
    type: 'boolean',
    summary: 'Sign by the identity of this CI run (sigstore); in GitHub Actions with `id-token: write`',
  },
} as const satisfies Record<string, Option>

/** Options of every command that signs one thing: nothing is added beside the signature. */
export const markSignOptions = {
  'sign-key': {
    type: 'string',
    value: 'FILE',
    summary: 'Sign with this key: a PEM file (EC, P-256), or pkcs11:URI (passphrase or PIN: COSIGN_PASSWORD)',
  },
  keyless: publishSignOptions.keyless,
} as const satisfies Record<string, Option>

/** The same where `--sign-key` is the key for modules. */
export const releaseSignOptions = {
  'release-key': publishSignOptions['sign-key'],
  keyless: publishSignOptions.keyless,
} as const satisfies Record<string, Option>

/** What `lockstep` may end with. */
export const exitCodes = [
  [0, 'done'],
  [1, 'differences found, or refused'],
  [2, 'misuse: the command line is wrong'],
  [3, 'environment: disk, network, registry …; try again'],
  [70, 'a fault in lockstep itself'],
  [130, 'interrupted; the next run goes on where this one stopped'],
] as const

/** What commands that read a plan are given. */
export const planArgument = {
  name: 'PLAN',
  summary: 'a plan, as `upgrade plan -o json` writes it; - for standard input',
  required: true,
} as const
