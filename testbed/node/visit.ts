/** Looking at a cluster that is up: `lockstep dev cluster status`, `logs` and `shell`. */
import {readFileSync} from 'node:fs'
import {connect} from 'node:net'
import {join} from 'node:path'
import {text} from 'node:stream/consumers'
import {fail} from '#lib/diagnostics.ts'
import {openCluster} from './client.ts'
import {askCluster, shellSocket} from './messages.ts'
import {type ClusterState, clusters, isAlive} from './state.ts'

/** All clusters, and what kubectl says of their nodes. */
export async function status(): Promise<number> {
  const names = await clusters.names()
  if (names.length === 0) process.stdout.write('There is no cluster.\n')
  for (const name of names) {
    const state = await clusters.read(name)
    if (!state || !(await isAlive(state))) {
      process.stdout.write(`${name}: ended without a word; \`up\` or \`down\` removes what it left\n`)
      continue
    }
    process.stdout.write(`${name}: up since ${state.since}, ${join(clusters.folder(name), 'kubeconfig')}\n`)
    const cluster = await openCluster(clusters.folder(name))
    const {stdout, stderr} = await cluster.kubectl(['get', 'nodes', '-o', 'wide'])
    process.stdout.write(stdout || stderr)
  }
  return 0
}

const controlPlane = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd']

/** Of a node: its console, containerd and kubelet; of the cluster without a name: the control plane's. */
export async function logs(name: string, node: string | undefined): Promise<number> {
  const {folder} = await living(name, node)
  if (node === undefined) {
    const folders = (await askCluster(folder, {method: 'folders'})) as {logs: string}
    for (const file of controlPlane) section(file, readFileSync(join(folders.logs, `${file}.log`), 'utf8'))
    return 0
  }
  const handle = (await openCluster(folder)).node(node)
  section('console', await handle.console())
  for (const file of ['containerd', 'kubelet'])
    section(file, (await handle.run(`node cat /var/log/${file}.log`)).output)
  return 0
}

const section = (title: string, words: string) => process.stdout.write(`━━ ${title}\n${words.trimEnd()}\n`)

/**
 * Joins this terminal to a node's; what comes from elsewhere is a script, whose end is the command's.
 * @returns 1 when the script fails
 */
export async function shell(name: string, node = 'node1'): Promise<number> {
  const {folder} = await living(name, node)
  if (process.stdin.isTTY) return joinTerminal(shellSocket(folder, node))
  const words = (await text(process.stdin)).replaceAll("'", `'\\''`)
  // As long as it takes: whoever waits can end it.
  const {output, code} = await (await openCluster(folder)).node(node).run(`node sh -c '${words}'`, day)
  process.stdout.write(output && `${output}\n`)
  return code === 0 ? 0 : 1
}

const day = 86_400_000
const ctrlBracket = 0x1d

async function joinTerminal(path: string): Promise<number> {
  const {stdin, stdout} = process
  process.stderr.write('Ctrl-] leaves.\n')
  const line = connect(path)
  stdin.setRawMode(true)
  try {
    await new Promise<void>((resolve, reject) => {
      line.on('error', reject)
      line.on('close', () => resolve())
      line.on('connect', () => line.write('\n'))
      stdin.on('data', (bytes: Buffer) => {
        if (bytes.includes(ctrlBracket)) line.destroy()
        else line.write(bytes)
      })
      stdin.on('end', () => line.destroy())
      line.pipe(stdout, {end: false})
    })
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
  }
  return 0
}

/**
 * Where a cluster that is up lives.
 * @throws DiagnosticError B557 it is not up, B553 it has no such node
 */
async function living(name: string, node?: string): Promise<{folder: string; state: ClusterState}> {
  const state = await clusters.read(name)
  if (!state || !(await isAlive(state))) {
    const hint = './lockstep dev cluster up makes one'
    return fail({code: 'B557', message: `the cluster ${name} is not up`, hint})
  }
  if (node !== undefined && !state.nodes.includes(node))
    fail({code: 'B553', message: `there is no node ${node}`, expected: state.nodes.join(', ')}, 2)
  return {folder: clusters.folder(name), state}
}
