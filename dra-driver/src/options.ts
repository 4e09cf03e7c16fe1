/** Flags and the environment variables that stand in for them. */
import {hostname} from 'node:os'
import {parseArgs} from 'node:util'
import {type Diagnostic, DiagnosticError} from '#lib/diagnostics.ts'
import {didYouMean} from '#lib/did-you-mean.ts'
import {type Level, levels} from './log.ts'
import type {Durability} from './state/disk.ts'

export type DriverOptions = {
  node: string
  kubeletRoot: string
  cdiRoot: string
  sysfsRoot: string
  devRoot: string
  source: 'sysfs' | 'simulated'
  topology?: string
  kubeconfig?: string
  rescanSeconds: number
  relistSeconds: number
  reconcileSeconds: number
  /** Undefined for none; without a host on all addresses. */
  http?: {host?: string; port: number}
  /** Port of gRPC's own health service, for KMM. */
  healthCheckPort?: number
  health: boolean
  /** Undefined: where the API server's version has them on. */
  sharedCounters?: boolean
  durability: Durability
  logLevel: Level
  logFormat: 'json' | 'text'
}

type Flag = {env: string; value: string; standard?: string; choices?: readonly string[]; summary: string}

export const flags = {
  'node-name': {env: 'NODE_NAME', value: 'NAME', summary: "this node's name; the host's name otherwise"},
  'kubelet-root': {
    env: 'KUBELET_ROOT',
    value: 'FOLDER',
    standard: '/var/lib/kubelet',
    summary: "kubelet's --root-dir",
  },
  'cdi-root': {
    env: 'CDI_ROOT',
    value: 'FOLDER',
    standard: '/var/run/cdi',
    summary: 'where CDI specifications are written',
  },
  'sysfs-root': {env: 'SYSFS_ROOT', value: 'FOLDER', standard: '/sys', summary: 'where sysfs is mounted'},
  'dev-root': {
    env: 'DEV_ROOT',
    value: 'FOLDER',
    standard: '/dev',
    summary: "where the node's /dev is; watched, because devices that come and go show there first",
  },
  source: {
    env: 'SOURCE',
    value: 'NAME',
    standard: 'sysfs',
    choices: ['sysfs', 'simulated'],
    summary: 'where devices come from: the kernel module, or a topology file',
  },
  topology: {env: 'TOPOLOGY', value: 'FILE', summary: 'the topology, for --source simulated'},
  kubeconfig: {env: 'KUBECONFIG', value: 'FILE', summary: "the pod's service account otherwise"},
  'rescan-interval': {env: 'RESCAN_INTERVAL', value: 'SECONDS', standard: '30', summary: 'between scans'},
  'relist-interval': {
    env: 'RELIST_INTERVAL',
    value: 'SECONDS',
    standard: '180',
    summary: 'between comparisons of the slices with the API server',
  },
  'reconcile-interval': {
    env: 'RECONCILE_INTERVAL',
    value: 'SECONDS',
    standard: '300',
    summary: 'between looks for claims that are gone from the API',
  },
  'http-address': {
    env: 'HTTP_ADDRESS',
    value: 'HOST:PORT',
    standard: ':8080',
    summary: '/healthz, /readyz and /metrics; `off` for none',
  },
  'healthcheck-port': {
    env: 'HEALTHCHECK_PORT',
    value: 'PORT',
    summary: 'health by gRPC (grpc.health.v1), as KMM asks for it',
  },
  'health-service': {
    env: 'HEALTH_SERVICE',
    value: 'on|off',
    standard: 'on',
    choices: ['on', 'off'],
    summary: "devices' health for kubelet (ResourceHealthStatus)",
  },
  'shared-counters': {
    env: 'SHARED_COUNTERS',
    value: 'auto|on|off',
    standard: 'auto',
    choices: ['auto', 'on', 'off'],
    summary: 'tells the scheduler that a PF excludes its VFs; auto: from Kubernetes 1.36 on',
  },
  durability: {
    env: 'DURABILITY',
    value: 'MODE',
    standard: 'fsync',
    choices: ['fsync', 'none'],
    summary: 'whether state survives a power cut',
  },
  'log-level': {
    env: 'LOG_LEVEL',
    value: 'LEVEL',
    standard: 'info',
    choices: levels,
    summary: 'how much is logged',
  },
  'log-format': {
    env: 'LOG_FORMAT',
    value: 'FORMAT',
    standard: 'json',
    choices: ['json', 'text'],
    summary: 'how it is logged',
  },
} as const satisfies Record<string, Flag>
type Name = keyof typeof flags

/**
 * A flag wins over its variable, and an empty variable counts as none.
 * @throws DiagnosticError exit 2 with every mistake: N001 unknown flag, N002 bad value, N003 missing
 */
export function readOptions(argv: readonly string[], env: NodeJS.ProcessEnv): DriverOptions {
  const names = Object.keys(flags) as Name[]
  const {values, tokens, positionals} = parseArgs({
    args: [...argv],
    options: Object.fromEntries(names.map(name => [name, {type: 'string' as const}])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const problems: Diagnostic[] = []
  const report = (code: string, message: string, rest: Partial<Diagnostic> = {}) =>
    void problems.push({code, severity: 'error', message, ...rest})
  for (const token of tokens) {
    if (token.kind !== 'option' || Object.hasOwn(flags, token.name)) continue
    const meant = didYouMean(token.name, names)
    report('N001', `there is no flag ${token.rawName}`, {
      hint: meant ? `did you mean --${meant}?` : '--help lists them all',
    })
  }
  for (const word of positionals) report('N001', `\`${word}\` is no flag`)

  const text = (name: Name): string | undefined => {
    const flag: Flag = flags[name]
    const given = values[name]
    if (given === true || given === '') report('N002', `--${name} needs a value: ${flag.value}`)
    const value = (typeof given === 'string' ? given : env[flag.env]) || flag.standard
    if (value !== undefined && flag.choices && !flag.choices.includes(value))
      report('N002', `--${name} cannot be \`${value}\``, {expected: flag.choices.join(', ')})
    return value
  }
  const seconds = (name: Name) => {
    const value = text(name) ?? ''
    const number = Number(value)
    if (!(number >= 0.1 && number <= 86_400))
      report('N002', `--${name} cannot be \`${value}\``, {expected: 'seconds, up to 86400'})
    return number
  }
  const optional = <K extends string>(key: K, value: string | undefined) =>
    (value ? {[key]: value} : {}) as {[P in K]?: string}

  const source = text('source') as DriverOptions['source']
  const topology = text('topology')
  if (source === 'simulated' && !topology)
    report('N003', '--source simulated needs --topology FILE', {hint: 'see docs/guides for an example'})
  const address = text('http-address') ?? ''
  const http = parseAddress(address)
  if (http === undefined && address !== 'off')
    report('N002', `--http-address cannot be \`${address}\``, {expected: 'HOST:PORT, :PORT or off'})
  const healthCheck = text('healthcheck-port')
  if (healthCheck !== undefined && !isPort(healthCheck))
    report('N002', `--healthcheck-port cannot be \`${healthCheck}\``, {expected: 'a port, up to 65535'})
  const counters = text('shared-counters')
  const node = text('node-name') ?? hostname().toLowerCase()
  if (!/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(node))
    report('N002', `--node-name cannot be \`${node}\``, {expected: "a Kubernetes node's name"})

  const options: DriverOptions = {
    node,
    kubeletRoot: text('kubelet-root') ?? '',
    cdiRoot: text('cdi-root') ?? '',
    sysfsRoot: (text('sysfs-root') ?? '').replace(/(?<=.)\/+$/, ''),
    devRoot: text('dev-root') ?? '',
    source,
    ...optional('topology', topology),
    ...optional('kubeconfig', text('kubeconfig')),
    rescanSeconds: seconds('rescan-interval'),
    relistSeconds: seconds('relist-interval'),
    reconcileSeconds: seconds('reconcile-interval'),
    ...(http ? {http} : {}),
    ...(healthCheck ? {healthCheckPort: Number(healthCheck)} : {}),
    health: text('health-service') === 'on',
    ...(counters === 'auto' ? {} : {sharedCounters: counters === 'on'}),
    durability: text('durability') as Durability,
    logLevel: text('log-level') as Level,
    logFormat: text('log-format') as 'json' | 'text',
  }
  if (problems.length > 0) throw new DiagnosticError(problems, 2)
  return options
}

/** Without a host none is named: `::` cannot be had where the kernel has no IPv6. */
function parseAddress(address: string): DriverOptions['http'] {
  const [, given = '', port = ''] = /^(.*):(\d{1,5})$/.exec(address) ?? []
  if (!isPort(port)) return undefined
  const host = given.replace(/^\[(.*)\]$/, '$1')
  return {...(host ? {host} : {}), port: Number(port)}
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535
}

export function helpText(): string {
  const rows = Object.entries(flags).map(([name, flag]: [string, Flag]) => {
    const left = `--${name} ${flag.choices ? flag.choices.join('|') : flag.value}`
    const standard = flag.standard === undefined ? '' : ` (${flag.standard})`
    return `  ${left}\n      ${flag.summary}${standard}; ${flag.env}\n`
  })
  const head = 'mock-accel-dra-driver: the DRA kubelet plugin of mock-accel devices\n\n'
  return `${head}${rows.join('')}  --version\n      the version\n  -h, --help\n      this text\n`
}
