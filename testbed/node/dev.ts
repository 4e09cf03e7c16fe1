/** What `lockstep dev cluster` runs: a cluster that stays until it is taken down. */
import {existsSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {fail} from '#lib/diagnostics.ts'
import type {Progress} from '#release/lib/effects.ts'
import {type Options, readOptions, type Values} from '../../vfio-user-server/src/command-line.ts'
import {loadTopology} from '../../vfio-user-server/src/topology/load.ts'
import {newestKernels} from '../guest/module.ts'
import {standardTopology} from '../guest/person.ts'
import {script} from '../script.ts'
import {buildTools} from '../tools/tool.ts'
import {componentOf, type KubernetesVersion, kubernetesVersions, standardKubernetes} from '../tools/tools.ts'
import {launch} from './client.ts'
import {nodeDisks} from './disk.ts'
import {archiveImage, busyboxImage, type NodeImage, pauseImage} from './images.ts'
import {type ClusterSettings, type ClusterState, clusters, isAlive, startTime} from './state.ts'
import {logs, shell, status} from './visit.ts'

const options: Options = {
  name: {type: 'string', value: 'NAME', summary: 'of the cluster; dev'},
  nodes: {type: 'string', value: 'N', summary: 'how many; 1'},
  topology: {type: 'string', value: 'FILE', summary: 'the devices of each node'},
  load: {type: 'string', value: 'TARS', summary: 'archives of container images, with commas between'},
  kernel: {type: 'string', value: 'LINE', summary: 'of matrix/kernels.lock.yaml'},
  kubernetes: {type: 'string', value: 'MINOR', choices: kubernetesVersions, summary: 'the release; 1.36'},
  'no-module': {type: 'boolean', summary: 'leave loading the module to others'},
  quiet: {type: 'boolean', summary: 'no progress'},
}

const verbs: Readonly<Record<string, (values: Values, progress: Progress) => Promise<number>>> = {
  up,
  down,
  status,
  logs: values => logs(nameOf(values), values.words[1]),
  shell: values => shell(nameOf(values), values.words[1]),
}

async function main(argv: readonly string[], progress: Progress): Promise<number> {
  const values = readOptions(argv, options)
  const verb = verbs[values.words[0] ?? '']
  if (verb) return verb(values, values.flag('quiet') ? silent : progress)
  return fail({code: 'B554', message: 'what shall be done?', expected: Object.keys(verbs).join(', ')}, 2)
}

const nameOf = (values: Values) => {
  const name = values.text('name') ?? 'dev'
  if (/^[a-z0-9][a-z0-9-]{0,30}$/.test(name)) return name
  return fail(
    {code: 'B554', message: `\`${name}\` is no name`, expected: 'lower-case letters, digits and -'},
    2,
  )
}

async function up(values: Values, progress: Progress): Promise<number> {
  const name = nameOf(values)
  const {settings, images} = await settingsOf(values)
  const there = await clusters.read(name)
  if (there && (await isAlive(there))) return again(name, there, settings)
  if (there) process.stderr.write(`The cluster ${name} had ended without a word; what it left is removed.\n`)
  await clusters.remove(name)

  const nodes = Array.from({length: settings.nodes}, (_, i) => ({
    name: `node${i + 1}`,
    topology: settings.topology,
  }))
  // The cluster itself sees no network: all that it needs is made before.
  const {line, module, kubernetes: version} = settings
  await buildTools([...components.map(one => componentOf(one, version)), 'kubectl'], {progress})
  const disks = await nodeDisks(images, {progress}, version)
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())
  const wish = {nodes, line, module, disks, shell: true, version, gates: {}}
  const folder = clusters.folder(name)
  const launched = await launch(folder, wish, {detached: true, progress, signal: stopping.signal})
  await clusters.write(name, {
    pid: launched.pid,
    started: await startTime(launched.pid),
    since: new Date().toISOString(),
    settings,
    nodes: nodes.map(node => node.name),
  })
  launched.release()
  tell(name)
  return 0
}

const components = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet'] as const

/** To be typed as it is shown; standard output is for `eval`. */
function tell(name: string): void {
  process.stderr.write(`The cluster ${name} is up. \`./lockstep dev cluster down\` ends it.\n`)
  process.stdout.write(`export KUBECONFIG=${join(clusters.folder(name), 'kubeconfig')}\n`)
}

function again(name: string, there: ClusterState, wanted: ClusterSettings): number {
  if (JSON.stringify(there.settings) === JSON.stringify(wanted)) {
    tell(name)
    return 0
  }
  const hint = 'take it down first, or choose another --name'
  return fail({code: 'B555', message: `the cluster ${name} is up with other options`, hint})
}

async function settingsOf(values: Values): Promise<{settings: ClusterSettings; images: NodeImage[]}> {
  const nodes = Number(values.text('nodes') ?? '1')
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > 9)
    fail({code: 'B554', message: 'that many nodes cannot be', expected: '--nodes from 1 to 9'}, 2)
  const line = values.text('kernel') ?? 'debian-13-cloud-amd64'
  const lines = newestKernels().flatMap(k => (k.kernel.arch === 'amd64' ? [k.line] : []))
  if (!lines.includes(line))
    fail({code: 'B517', message: `no kernel line ${line}`, expected: lines.join(', ')}, 2)
  const file = values.text('topology')
  const topology = file === undefined ? standardTopology : readTopology(file)
  loadTopology(topology, file ?? 'topology')
  const archives = (values.text('load') ?? '').split(',').filter(Boolean)
  const missing = archives.filter(path => !existsSync(path))
  if (missing.length > 0) fail({code: 'B556', message: `there is no ${missing.join(', ')}`}, 2)
  const images = [
    await pauseImage(),
    await busyboxImage(),
    ...(await Promise.all(archives.map(archiveImage))),
  ]
  const load = images.slice(2).map(image => image.digest)
  const kubernetes = (values.text('kubernetes') ?? standardKubernetes) as KubernetesVersion
  return {settings: {nodes, line, topology, module: !values.flag('no-module'), load, kubernetes}, images}
}

function readTopology(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    return fail({code: 'B521', message: `the topology cannot be read: ${(error as Error).message}`}, 2)
  }
}

async function down(values: Values): Promise<number> {
  const name = nameOf(values)
  const state = await clusters.read(name)
  if (state && (await isAlive(state))) {
    process.kill(state.pid, 'SIGTERM')
    for (let i = 0; i < 300 && (await isAlive(state)); i++) await sleep(100)
    if (await isAlive(state)) process.kill(state.pid, 'SIGKILL')
  }
  await clusters.remove(name)
  process.stderr.write(state ? `The cluster ${name} is gone.\n` : `There is no cluster ${name}.\n`)
  return 0
}

const silent: Progress = {task: () => ({update() {}, done() {}, failed() {}})}

await script(async progress => {
  process.exitCode = await main(process.argv.slice(2), progress)
})
