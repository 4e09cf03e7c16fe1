import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import type {Kube, KubeObject} from '#release/lib/kube.ts'
import {reconciling} from '../gitops/reconciling.ts'

const pods = {group: '', version: 'v1', plural: 'pods'}
/** What ends at once is not begun again at once. */
const backOff = 5000

type Container = {
  image: string
  command?: string[]
  args?: string[]
  readinessProbe?: {httpGet: {port: number; path: string}}
}
type Running = {child: ChildProcess; output: string; began: number}

/** What a container of an image is on this machine. */
export type Program = {argv: readonly string[]; env: Readonly<Record<string, string>>}

export type Pods = {
  /** What the pods whose names begin so have written, the newest last. */
  output(name: string): string
  stop(): Promise<void>
}

/**
 * Plays a kubelet for pods that no node has: each pod's first container is a process here. One that serves is ready when
 * its readiness probe says so, and is started again when it ends; one that runs to its end has succeeded or failed.
 * They are never bound to a node, so the API server forgets them as soon as they are deleted.
 */
export function playPods(
  kube: Kube,
  namespace: string,
  programOf: (image: string, words: readonly string[]) => Program,
): Pods {
  const known = new Map<string, Running>()
  const loop = reconciling(async () => {
    const there = new Set<string>()
    for await (const pod of kube.list(pods, {namespace})) {
      const {uid = '', name} = pod.metadata
      if (pod.metadata.deletionTimestamp !== undefined) continue
      there.add(`${name}/${uid}`)
      const [container] = (pod.spec as {containers: Container[]}).containers
      if (!container) continue
      const before = known.get(`${name}/${uid}`)
      const again =
        before && container.readinessProbe && isOver(before) && Date.now() - before.began > backOff
      const running =
        before && !again ? before : start(programOf(container.image, wordsOf(container)), before?.output)
      known.set(`${name}/${uid}`, running)
      await tell(kube, pod, await statusOf(container, running))
    }
    for (const [key, running] of known) if (!there.has(key)) await end(running)
  })
  return {
    output: name =>
      [...known]
        .filter(([key]) => key.startsWith(name))
        .map(([, {output}]) => output)
        .join(''),
    async stop() {
      await loop.stop()
      for (const running of known.values()) await end(running)
    },
  }
}

function wordsOf({command = [], args = []}: Container): string[] {
  return [...command, ...args]
}

/** In a space of process ids of its own: what a server has started ends with it, and all of it with this process. */
function start({argv, env}: Program, output = ''): Running {
  const alone = ['unshare', '--user', '--map-root-user', '--pid', '--fork', '--kill-child=KILL']
  const child = spawn('setpriv', ['--pdeathsig=KILL', ...alone, ...argv], {
    env: {...process.env, ...env},
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const running: Running = {child, output, began: Date.now()}
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => {
      running.output += chunk
    })
  return running
}

function isOver({child}: Running): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

async function end(running: Running): Promise<void> {
  if (isOver(running)) return
  const {child} = running
  const closed = once(child, 'close')
  child.kill('SIGKILL')
  await closed
}

type Status = {phase: string; ready: boolean; state: object}

async function statusOf({readinessProbe}: Container, {child}: Running): Promise<Status> {
  const {exitCode} = child
  if (exitCode === null && child.signalCode === null) {
    const ready = readinessProbe !== undefined && (await answers(readinessProbe.httpGet))
    return {phase: 'Running', ready, state: {running: {}}}
  }
  const state = {terminated: {exitCode: exitCode ?? 137, reason: exitCode === 0 ? 'Completed' : 'Error'}}
  if (readinessProbe) return {phase: 'Running', ready: false, state}
  return {phase: exitCode === 0 ? 'Succeeded' : 'Failed', ready: false, state}
}

async function answers({port, path}: {port: number; path: string}): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {signal: AbortSignal.timeout(5000)}).catch(
    () => undefined,
  )
  return response?.ok === true
}

async function tell(
  kube: Kube,
  {metadata, spec, status}: KubeObject,
  {phase, ready, state}: Status,
): Promise<void> {
  const before = status as {phase?: string; containerStatuses?: {ready: boolean}[]} | undefined
  if (before?.phase === phase && before.containerStatuses?.[0]?.ready === ready) return
  const [container] = (spec as {containers: {name: string; image: string}[]}).containers
  const next = {
    phase,
    conditions: ['Ready', 'ContainersReady'].map(type => ({
      type,
      status: ready ? 'True' : 'False',
      lastTransitionTime: new Date().toISOString(),
    })),
    containerStatuses: [
      {
        name: container?.name,
        image: container?.image,
        imageID: '',
        restartCount: 0,
        ready,
        started: true,
        state,
      },
    ],
  }
  const name = {name: metadata.name, namespace: metadata.namespace ?? ''}
  // Who deleted it meanwhile does not want to know.
  await kube.patch(pods, name, {type: 'merge', patch: {status: next}}, 'status').catch(() => undefined)
}
