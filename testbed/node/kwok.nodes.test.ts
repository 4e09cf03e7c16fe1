/** The steps of docs/guides/dev-cluster.md for KWOK as they stand there, with fewer nodes. */
import {spawn} from 'node:child_process'
import {chmod, mkdir, readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type ControlPlane, mustKubectl, startControlPlane} from '../cluster/control-plane.ts'
import {freePorts, type Server, serverOf, startServer, until} from '../cluster/processes.ts'
import {needTools} from '../needs.ts'
import {podWithClaim} from './testing.ts'

const controllers = ['kube-controller-manager', 'kube-scheduler'] as const
const tools = await needTools('helm4', 'kubectl', 'kube-apiserver', ...controllers, 'kwok')
const repository = join(import.meta.dirname, '../..')
const nodes = 4
const topology = 'apiVersion: mock-accel/v1\nkind: Topology\ndevices: [{vfs: 2}]\n'

describe.skipIf(!tools)('the driver on the nodes of KWOK', () => {
  let plane: ControlPlane
  const servers: Server[] = []
  beforeAll(async () => {
    plane = await startControlPlane({with: controllers})
    const [port] = await freePorts(1)
    const flags = ['--manage-all-nodes=true', `--kubeconfig=${plane.kubeconfig}`]
    const command = [tools?.kwok ?? '', ...flags, `--server-address=127.0.0.1:${port}`]
    servers.push(startServer(command, join(plane.folder, 'kwok.log')))
    servers.push(await runTheGuide())
  })
  afterAll(async () => {
    for (const server of servers.reverse()) await server.stop()
    await plane?.stop()
  })

  /** The block of the guide, until it is told to end; what it starts ends with it. */
  async function runTheGuide(): Promise<Server> {
    const page = await readFile(join(repository, 'docs/guides/dev-cluster.md'), 'utf8')
    const [block = ''] = /(?<=```sh kwok\n)[\s\S]*?(?=\n```)/.exec(page) ?? []
    const steps = block
      .replaceAll('seq 1 100', `seq 1 ${nodes}`)
      .replaceAll('/tmp/kwok', join(plane.folder, 'kwok'))
      .replaceAll('topology.yaml', join(plane.folder, 'topology.yaml'))
    await writeFile(join(plane.folder, 'topology.yaml'), topology)
    const bin = join(plane.folder, 'bin')
    await mkdir(bin)
    for (const [name, program] of Object.entries({
      helm: tools?.helm4,
      kubectl: tools?.kubectl,
      'mock-accel-dra-driver': `${process.execPath} ${join(repository, 'dra-driver/src/main.ts')}`,
    })) {
      await writeFile(join(bin, name), `#!/bin/sh\nexec ${program} "$@"\n`)
      await chmod(join(bin, name), 0o755)
    }
    const script = `set -e; trap 'trap - TERM; kill 0' TERM\n${steps}\nwait`
    const env = {
      ...process.env,
      PATH: `${bin}:${process.env.PATH}`,
      HOME: plane.folder,
      KUBECONFIG: plane.kubeconfig,
    }
    // A process group of its own, since `kill 0` means all of it.
    const child = spawn('setpriv', ['--pdeathsig=TERM', 'setsid', 'sh', '-c', script], {cwd: repository, env})
    return serverOf(child, 'the guide', join(plane.folder, 'guide.log'))
  }

  const list = async <T>(kind: string): Promise<T[]> =>
    (JSON.parse(await mustKubectl(plane, ['get', kind, '-o', 'json'])) as {items: T[]}).items
  const holders = async () => {
    type Claim = {status?: {allocation?: {devices: {results: {pool: string; device: string}[]}}}}
    const results = (await list<Claim>('resourceclaims')).flatMap(
      ({status}) => status?.allocation?.devices.results ?? [],
    )
    return results.map(({pool, device}) => `${pool}/${device}`).sort()
  }
  const phases = async () =>
    (await list<{status: {phase: string}}>('pods')).map(({status}) => status.phase).sort()

  const vfs = Array.from({length: nodes}, (_, i) => i + 1).flatMap(i =>
    ['mock0v0', 'mock0v1'].map(name => `kwok-${i}/unknown/${name}`),
  )

  test('each publishes, and pods are scheduled until all devices are held', async () => {
    type Slice = {spec: {devices?: object[]}}
    const published = async () =>
      (await list<Slice>('resourceslices')).flatMap(({spec}) => spec.devices ?? []).length
    await until('all slices', async () => (await published()) === nodes * 3, servers, 120_000)
    const names = [...vfs, 'one too many'].map((_, i) => `pod-${i}`)
    const items = names.flatMap(name => podWithClaim(name, 'true'))
    await mustKubectl(plane, ['apply', '-f', '-'], JSON.stringify({apiVersion: 'v1', kind: 'List', items}))
    const full = ['Pending', ...vfs.map(() => 'Running')]
    await until('all that fit', async () => (await phases()).join() === full.join(), servers, 120_000)
    expect(await holders()).toEqual(vfs)
  })

  test('a device that comes free goes to the pod that waits', async () => {
    const running = await list<{metadata: {name: string}; status: {phase: string}}>('pods')
    const one = running.find(({status}) => status.phase === 'Running')?.metadata.name ?? ''
    await mustKubectl(plane, ['delete', 'pod', one])
    const full = vfs.map(() => 'Running')
    await until('the next one', async () => (await phases()).join() === full.join(), servers, 120_000)
    expect(await holders()).toEqual(vfs)
  })
})
