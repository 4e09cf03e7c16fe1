import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdir, readdir, readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest'
import {toYaml} from '#lib/yaml-out.ts'
import {type ControlPlane, mustKubectl, startControlPlane} from '#testbed/cluster/control-plane.ts'
import {addFakeNode} from '#testbed/cluster/nodes.ts'
import {until} from '#testbed/cluster/processes.ts'
import {needTools} from '#testbed/needs.ts'
import {device, plug} from '../../../dra-driver/src/testing.ts'
import {driverToken, installChart} from './test-cluster.ts'

const tools = await needTools(
  'kubectl',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'helm4',
)
const repository = join(import.meta.dirname, '../../..')
const examples = join(repository, 'docs/examples')
const driver = 'mock-accel.example.com'
const nodes = ['node1', 'node2']

type Attribute = {string?: string; int?: number}
type Slice = {
  metadata: {labels: Record<string, string>}
  spec: {pool: {name: string}; devices?: {name: string; attributes: Record<string, Attribute>}[]}
}
type Claim = {
  metadata: {name: string}
  status?: {
    allocation?: {
      devices: {
        results: {request: string; pool: string; device: string; adminAccess?: boolean}[]
        config?: {source: string; opaque: {parameters: object}}[]
      }
    }
  }
}

/** What each node has: PFs with VFs on two NUMA nodes, one that has failed, and one whose node nobody knows. */
function plugDevices(root: string): void {
  // A PF and two VFs share its 16 GiB.
  const memory = 5n << 30n
  plug(root, device('mock0'))
  plug(root, device('mock1', {numaNode: 1}))
  for (const vf of ['v0', 'v1']) {
    plug(root, device(`mock0${vf}`, {memory}))
    plug(root, device(`mock1${vf}`, {memory, numaNode: 1}))
  }
  plug(root, device('mock2', {numaNode: 1, label: 'BROKEN', health: 'failed'}))
  const {numaNode: _, ...nowhere} = device('mock3')
  plug(root, nowhere)
}

/** The driver as the chart's DaemonSet starts it, with the rights of its account, on nodes that are folders. */
describe.skipIf(!tools)('with the chart, its driver and Kubernetes’ scheduler', () => {
  let plane: ControlPlane
  const drivers: ChildProcess[] = []
  const get = async <T>(...args: string[]): Promise<T> =>
    JSON.parse(await mustKubectl(plane, ['get', ...args, '-o', 'json']))

  beforeAll(async () => {
    plane = await startControlPlane({
      with: ['kube-controller-manager', 'kube-scheduler'],
      fakeNodes: true,
    })
    for (const node of nodes) await addRoomyNode(plane, node)
    await installChart(plane)
    for (const node of nodes) drivers.push(await startDriver(node))
    const published = async () => (await slices()).flatMap(({spec}) => spec.devices ?? []).length
    await until('all devices', async () => (await published()) === 2 * 8)
  })
  afterAll(async () => {
    for (const child of drivers) {
      child.kill()
      await once(child, 'exit')
    }
    await plane?.stop()
  })
  afterEach(async () => {
    await mustKubectl(plane, ['delete', 'pods', '-n', 'default', '--all', '--force', '--grace-period=0'])
    await mustKubectl(plane, ['delete', 'resourceclaimtemplates,resourceclaims', '-n', 'default', '--all'])
  })

  const slices = async () => (await get<{items: Slice[]}>('resourceslices')).items
  async function startDriver(node: string): Promise<ChildProcess> {
    const folder = join(plane.folder, node)
    plugDevices(join(folder, 'sys'))
    await mkdir(join(folder, 'registry'), {recursive: true})
    const token = await driverToken(plane, node)
    const kubeconfig = join(folder, 'kubeconfig')
    await writeFile(kubeconfig, plane.kubeconfigText.replace(/"token": "[^"]*"/, `"token": "${token}"`))
    const daemonSet = await get<{spec: {template: {spec: {containers: {args: string[]}[]}}}}>(
      ...['daemonset', 'mock-device-dra-driver', '-n', 'mock-device'],
    )
    const args = daemonSet.spec.template.spec.containers[0]?.args ?? []
    const here = ['kubelet-root', 'cdi-root'].map(flag => `--${flag}=${folder}`)
    const flags = [
      ...args,
      ...here,
      `--sysfs-root=${folder}/sys`,
      `--dev-root=${folder}`,
      '--http-address=off',
      `--kubeconfig=${kubeconfig}`,
    ]
    return spawn(process.execPath, [join(repository, 'dra-driver/src/main.ts'), ...flags], {
      env: {...process.env, NODE_NAME: node},
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  }

  const apply = (file: string) =>
    mustKubectl(plane, ['apply', '--validate=strict', '-f', join(examples, file)])
  const claims = async (namespace = 'default') =>
    (await get<{items: Claim[]}>('resourceclaims', '-n', namespace)).items
  /** Applies an example; answers its claim, when the scheduler has found devices for it. */
  const allocated = async (file: string, namespace?: string) => {
    const before = new Set((await claims(namespace).catch(() => [])).map(one => one.metadata.name))
    await apply(file)
    let found: Claim | undefined
    await until(`devices for ${file}`, async () => {
      found = (await claims(namespace)).find(one => !before.has(one.metadata.name) && one.status?.allocation)
      return found !== undefined
    })
    const {results = [], config = []} = found?.status?.allocation?.devices ?? {}
    return {
      results,
      config,
      names: results.map(one => one.device),
      pools: new Set(results.map(one => one.pool)),
    }
  }

  test('pf.yaml gets a whole device that works', async () => {
    const {names} = await allocated('pf.yaml')
    expect(names).toEqual([expect.stringMatching(/^mock[013]$/)])
  })

  test('vf-pair.yaml gets two virtual functions of one NUMA node', async () => {
    const {names, pools} = await allocated('vf-pair.yaml')
    expect(names).toEqual([expect.stringMatching(/^mock\dv\d$/), expect.stringMatching(/^mock\dv\d$/)])
    expect([...pools]).toEqual([expect.stringMatching(/^node[12]\/numa[01]$/)])
  })

  test('cel.yaml gets the only device that fits and works', async () => {
    expect((await allocated('cel.yaml')).names).toEqual(['mock1'])
  })

  test('first-available.yaml gets the first choice', async () => {
    const {results} = await allocated('first-available.yaml')
    expect(results).toMatchObject([{request: 'device/small', device: expect.stringMatching(/v\d$/)}])
  })

  test('config.yaml hands its parameters on to the driver', async () => {
    const {config, names} = await allocated('config.yaml')
    expect(names).toHaveLength(1)
    expect(config).toMatchObject([
      {source: 'FromClaim', opaque: {driver, parameters: {passphraseLength: 12, resetOnRelease: true}}},
    ])
  })

  test('shared.yaml has both pods on the node of one device', async () => {
    expect((await allocated('shared.yaml')).names).toHaveLength(1)
    const nodesOf = async () => {
      const {items} = await get<{items: {spec: {nodeName?: string}}[]}>('pods', '-n', 'default')
      return items.map(one => one.spec.nodeName)
    }
    await until('both pods on a node', async () => !(await nodesOf()).includes(undefined))
    expect(new Set(await nodesOf()).size).toBe(1)
    expect(await claims()).toHaveLength(1)
  })

  test('extended-resource.yaml gets a virtual function without a claim', async () => {
    expect((await allocated('extended-resource.yaml')).names).toEqual([expect.stringMatching(/^mock\dv\d$/)])
  })

  test('failed-device.yaml gets the device that nobody else gets', async () => {
    expect((await allocated('failed-device.yaml')).names).toEqual(['mock2'])
  })

  test('admin.yaml sees all PFs of a node, also one that is taken; other namespaces may not', async () => {
    await allocated('pf.yaml')
    const {results} = await allocated('admin.yaml', 'accelerator-admin')
    expect(results.map(one => one.device).sort()).toEqual(['mock0', 'mock1', 'mock2', 'mock3'])
    expect(results.every(one => one.adminAccess)).toBe(true)
    const text = await readFile(join(examples, 'admin.yaml'), 'utf8')
    const stdin = text.replaceAll('namespace: accelerator-admin', 'namespace: default')
    const {stderr} = await plane.kubectl(['create', '--dry-run=server', '-f', '-'], {stdin})
    expect(stderr).toContain('resource.kubernetes.io/admin-access')
    await mustKubectl(plane, ['delete', 'namespace', 'accelerator-admin', '--wait=false'])
  })

  test('every example is tried here', async () => {
    const files = (await readdir(examples)).filter(name => name.endsWith('.yaml')).sort()
    const own = await readFile(import.meta.filename, 'utf8')
    expect(files.filter(name => own.includes(`allocated('${name}'`))).toEqual(files)
  })

  test('a node-partition driver finds each node’s devices by label, grouped by NUMA node and PF', async () => {
    for (const node of nodes)
      expect(await partition(node)).toEqual({
        numa0: {mock0: ['mock0v0', 'mock0v1']},
        numa1: {mock1: ['mock1v0', 'mock1v1'], mock2: []},
        unknown: {mock3: []},
      })
  })

  /** A node-partition meta-driver's way: labels to find, the pool's name and attributes to group. */
  async function partition(node: string): Promise<Record<string, Record<string, string[]>>> {
    const {items} = await get<{items: Slice[]}>('resourceslices', '-l', `driver=${driver},node=${node}`)
    const groups: Record<string, Record<string, string[]>> = {}
    for (const {spec} of items)
      for (const {name, attributes} of spec.devices ?? []) {
        const numa = attributes['resource.kubernetes.io/numaNode']?.int
        // The standard name, the driver's own and the one of the earlier driver.
        expect([attributes.numaNode?.int, attributes.numa_node?.int]).toEqual([numa, numa])
        const group = numa === undefined ? 'unknown' : `numa${numa}`
        expect(spec.pool.name.split('/').at(-1)).toBe(group)
        const pf = attributes.physfn?.string ?? name
        const vfs = groups[group]?.[pf] ?? []
        groups[group] = {...groups[group], [pf]: vfs}
        if (attributes.deviceType?.string === 'vf') vfs.push(name)
      }
    return groups
  }
})

/** A node with room for pods, by which they can be told where to run. */
async function addRoomyNode(plane: ControlPlane, name: string): Promise<void> {
  await addFakeNode(plane, name, '6.12.107-amd64', {'kubernetes.io/hostname': name})
  const room = {pods: '110', cpu: '8', memory: '8Gi'}
  const patch = toYaml({status: {allocatable: room, capacity: room}})
  await mustKubectl(plane, ['patch', 'node', name, '--subresource=status', '--type=merge', '-p', patch])
}
