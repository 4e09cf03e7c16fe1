import {parseArgs} from 'node:util'
import {fail} from '#lib/diagnostics.ts'
import {codes} from '../codes.ts'
import type {Report} from './report.ts'
import type {Scenario} from './scenario.ts'

export type Options = {
  registryDir: string
  driver: string
  kubeconfig: string | undefined
  /** The API server and the account of the pod that this runs in, in place of a kubeconfig. */
  inCluster: boolean
  namespace: string
  nodeName: string | undefined
  cdiDir: string | undefined
  scenarios: readonly Scenario[]
  allowSkip: readonly string[]
  report: Report
  output: string | undefined
  command: string | undefined
  restartCommand: string | undefined
  secondCommand: string | undefined
  faultCommand: string | undefined
  /** Milliseconds. */
  appear: number
}

export type Asked =
  | {kind: 'help'}
  | {kind: 'version'}
  | {kind: 'list'}
  | {kind: 'explain'; code: string}
  | {kind: 'run'; options: Options}

export const help = `dra-sanity plays kubelet for a DRA driver: over its real sockets, in kubelet's order, without a cluster's node.

dra-sanity --registry-dir DIR --driver NAME [options]

  --registry-dir DIR      where the driver makes its registration socket (kubelet's plugins_registry)
  --driver NAME           the driver's name
  --kubeconfig FILE       an API server for claims; without it, scenarios that need claims are skipped
  --in-cluster            the same with the account of the pod that this runs in
  --namespace NAME        where claims are made (default)
  --node-name NAME        use this node's ResourceSlices only
  --cdi-dir DIR           where the driver writes CDI files: look into them
  --scenario all|NAME,…   which scenarios (all)
  --allow-skip all|NAME,… skips that are no reason to end with 1
  --report KIND           human, json or junit (human)
  --output FILE           write the report there; the human one still goes to the terminal
  --command CMD           run the plugin by this shell command; it is killed and started again as needed
  --restart-command CMD   ends the plugin by $SIGNAL (SIGTERM or SIGKILL) and starts it again
  --second-command CMD    runs a second instance, with a $POD_UID of its own, until it is ended by SIGTERM
  --fault-command CMD     makes the device $DEVICE of $POOL ill or well: $HEALTH is unhealthy or healthy
  --appear-timeout SEC    how long the driver may take to appear (30)
  --list                  every scenario with the lines of the contract it checks
  --explain CODE          the long story of one of dra-sanity's own problems, such as F012
  --version               the release's version
  --help

Ends with 0 when all passed, 1 when one failed or was skipped, 2 for wrong options, 3 when a scenario could not be run.
`

const known = {
  'registry-dir': {type: 'string'},
  driver: {type: 'string'},
  kubeconfig: {type: 'string'},
  'in-cluster': {type: 'boolean', default: false},
  namespace: {type: 'string', default: 'default'},
  'node-name': {type: 'string'},
  'cdi-dir': {type: 'string'},
  scenario: {type: 'string', default: 'all'},
  'allow-skip': {type: 'string', default: ''},
  report: {type: 'string', default: 'human'},
  output: {type: 'string'},
  command: {type: 'string'},
  'restart-command': {type: 'string'},
  'second-command': {type: 'string'},
  'fault-command': {type: 'string'},
  'appear-timeout': {type: 'string', default: '30'},
  explain: {type: 'string'},
  list: {type: 'boolean', default: false},
  version: {type: 'boolean', default: false},
  help: {type: 'boolean', short: 'h', default: false},
} as const

/** @throws DiagnosticError exit 2: F001 a wrong option, F002 no such scenario */
export function readOptions(args: readonly string[], all: readonly Scenario[]): Asked {
  const values = parse(args)
  if (values.help) return {kind: 'help'}
  if (values.version) return {kind: 'version'}
  if (values.list) return {kind: 'list'}
  if (values.explain !== undefined) {
    if (!Object.hasOwn(codes, values.explain)) misuse(`there is no code ${values.explain}`)
    return {kind: 'explain', code: values.explain}
  }
  const need = (name: 'registry-dir' | 'driver') => values[name] ?? misuse(`--${name} is missing`)
  if (!isReport(values.report)) misuse(`--report ${values.report}: there are human, json and junit`)
  const appear = Number(values['appear-timeout']) * 1000
  if (!(appear > 0)) misuse(`--appear-timeout ${values['appear-timeout']}: a number of seconds is needed`)
  if (values.command && values['restart-command'])
    misuse('--command and --restart-command exclude each other')
  if (values.kubeconfig !== undefined && values['in-cluster'])
    misuse('--kubeconfig and --in-cluster exclude each other')
  const options: Options = {
    registryDir: need('registry-dir').replace(/(?<=.)\/+$/, ''),
    driver: need('driver'),
    kubeconfig: values.kubeconfig,
    inCluster: values['in-cluster'],
    namespace: values.namespace,
    nodeName: values['node-name'],
    cdiDir: values['cdi-dir'],
    scenarios: choose(values.scenario, all),
    allowSkip: values['allow-skip'] === '' ? [] : choose(values['allow-skip'], all).map(one => one.name),
    report: values.report,
    output: values.output,
    command: values.command,
    restartCommand: values['restart-command'],
    secondCommand: values['second-command'],
    faultCommand: values['fault-command'],
    appear,
  }
  return {kind: 'run', options}
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({args: [...args], options: known}).values
  } catch (cause) {
    return misuse(cause instanceof Error ? cause.message : String(cause))
  }
}

function choose(text: string, all: readonly Scenario[]): Scenario[] {
  if (text === 'all') return [...all]
  return text.split(',').map(name => {
    const found = all.find(one => one.name === name)
    if (found) return found
    return fail(
      {code: 'F002', message: `there is no scenario ${JSON.stringify(name)}`, hint: 'see dra-sanity --list'},
      2,
    )
  })
}

const isReport = (text: string): text is Report => ['human', 'json', 'junit'].includes(text)

function misuse(message: string): never {
  fail({code: 'F001', message, hint: 'see dra-sanity --help'}, 2)
}
