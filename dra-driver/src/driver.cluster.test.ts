import {readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import {type Claim, draPluginV1, draPluginV1beta1} from '#lib/protobuf/dra-plugin.ts'
import {registration} from '#lib/protobuf/registration.ts'
import {type ControlPlane, mustKubectl, startControlPlane} from '#testbed/cluster/control-plane.ts'
import {addFakeNode} from '#testbed/cluster/nodes.ts'
import {until} from '#testbed/cluster/processes.ts'
import {needTools} from '#testbed/needs.ts'
import {apiClient} from './api/client.ts'
import {fromKubeconfig} from './api/credentials.ts'
import {type Resources, resources} from './api/resources.ts'
import {type Driver, startDriver} from './driver.ts'
import type {ResourceSlice} from './kube-types.ts'
import {type Fields, type Log, silent} from './log.ts'
import {readOptions} from './options.ts'
import {socketsIn} from './plugin/sockets.ts'
import {sysfsSource} from './sysfs.ts'
import {callSocket, device, plug, unplug} from './testing.ts'

const tools = await needTools('kubectl', 'kube-apiserver')
const node = 'node1'
const driverName = 'mock-accel.example.com'

describe.skipIf(!tools)('the driver and a real API server', () => {
  let plane: ControlPlane
  let client: ReturnType<typeof apiClient>
  let api: Resources
  let folder: string
  let driver: Driver | undefined
  const warnings: Fields[] = []
  const log: Log = (level, _message, fields) => {
    if (level === 'warn') warnings.push(fields ?? {})
  }

  beforeAll(async () => {
    plane = await startControlPlane()
    client = apiClient(await fromKubeconfig(plane.kubeconfig))
    api = resources(client, {driver: driverName, node})
    await addFakeNode(plane, node, '6.12.107-amd64')
  })
  afterAll(async () => {
    client?.close()
    await plane?.stop()
  })
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dra-'))
    warnings.length = 0
  })
  afterEach(async () => {
    await driver?.stop()
    driver = undefined
    await rm(folder, {recursive: true})
    for (const slice of (await api.listSlices()).slices) await api.deleteSlice(slice)
  })

  const sysfs = () => join(folder, 'sys')
  const socket = () => socketsIn(join(folder, 'plugins', driverName))[0] ?? ''
  const registrar = () => socketsIn(join(folder, 'plugins_registry'))[0] ?? ''
  const start = async (...flags: string[]) => {
    const options = readOptions(
      [
        `--node-name=${node}`,
        `--kubelet-root=${folder}`,
        `--cdi-root=${join(folder, 'cdi')}`,
        '--http-address=127.0.0.1:0',
        ...flags,
      ],
      {},
    )
    driver = await startDriver(options, {
      api,
      source: sysfsSource({root: sysfs(), dev: folder, log: silent}),
      log,
      minor: await api.minorVersion(),
    })
    await driver.published
    return driver
  }
  const slices = async () => (await api.listSlices()).slices
  const specs = async () => (await slices()).map(slice => slice.spec)

  test('the server keeps slices as they were sent, of every kind of device', async () => {
    plug(sysfs(), device('mock0', {memory: 17_180_000_000n}))
    for (const name of ['mock0v0', 'mock0v1']) plug(sysfs(), device(name, {memory: 5461n << 20n}))
    plug(sysfs(), device('mock1', {numaNode: 1, memory: 1_000_003n, label: ''}))
    const {numaNode: _, ...nowhere} = device('mock2', {fwVersion: 'odd'})
    plug(sysfs(), nowhere)
    await start()
    expect(warnings).toEqual([])
    const pools = (await specs()).map(spec => [
      spec.pool.name,
      (spec.devices ?? []).map(one => one.name).join(),
    ])
    expect(pools.sort()).toEqual([
      ['node1/numa0', ''],
      ['node1/numa0', 'mock0,mock0v0,mock0v1'],
      ['node1/numa1', 'mock1'],
      ['node1/unknown', 'mock2'],
    ])
    const [first] = await slices()
    expect(first?.metadata.labels).toEqual({driver: driverName, node})
    expect(first?.metadata.ownerReferences?.[0]).toMatchObject({kind: 'Node', name: node, controller: true})
  })

  test('the server takes the expressions of the page', async () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/reference/dra-api.md'), 'utf8')
    const [block = ''] = /(?<=```cel\n)[\s\S]*?(?=\n```)/.exec(page) ?? []
    const classes = block.split('\n').map((expression, i) => ({
      apiVersion: 'resource.k8s.io/v1',
      kind: 'DeviceClass',
      metadata: {name: `page-${i}`},
      spec: {selectors: [{cel: {expression}}]},
    }))
    expect(classes.length).toBeGreaterThan(5)
    const list = JSON.stringify({apiVersion: 'v1', kind: 'List', items: classes})
    await mustKubectl(plane, ['create', '--dry-run=server', '-f', '-'], list)
  })

  test('a node without the module has one empty pool, and devices that come later are published', async () => {
    await start()
    expect(await specs()).toMatchObject([
      {nodeName: node, pool: {name: 'node1/unknown', generation: 1, resourceSliceCount: 1}},
    ])
    plug(sysfs(), device('mock0'))
    // In place of the device node that comes with a device: its folder is watched.
    writeFileSync(join(folder, 'mock0'), '')
    await until('the device', async () => (await specs())[0]?.devices?.[0]?.name === 'mock0', [])
    expect((await specs()).map(spec => spec.pool.name)).toEqual(['node1/numa0'])
    unplug(sysfs(), device('mock0'))
    writeFileSync(join(folder, 'mock0v9'), '')
    await until('the empty pool', async () => (await specs())[0]?.pool.name === 'node1/unknown', [])
  })

  test('more devices than a slice holds are spread over several of one generation', async () => {
    for (let i = 0; i < 130; i++) plug(sysfs(), device(`mock${i}`))
    await start()
    const found = await specs()
    expect(
      found.map(spec => [spec.devices?.length, spec.pool.generation, spec.pool.resourceSliceCount]),
    ).toEqual([
      [128, 1, 2],
      [2, 1, 2],
    ])
  })

  test('what somebody deletes or edits is put right', async () => {
    plug(sysfs(), device('mock0'))
    await start()
    const [before] = (await slices()) as [ResourceSlice]
    await mustKubectl(plane, ['delete', 'resourceslices', '--all'])
    await until('the slice again', async () => (await slices()).length === 1, [])
    const [again] = (await slices()) as [ResourceSlice]
    expect(again.metadata.uid).not.toBe(before.metadata.uid)
    expect(again.spec).toEqual(before.spec)

    const patch = JSON.stringify([
      {op: 'replace', path: '/spec/devices/0/name', value: 'mock7'},
      {op: 'remove', path: '/metadata/labels/node'},
    ])
    await mustKubectl(plane, ['patch', 'resourceslice', again.metadata.name, '--type=json', '-p', patch])
    await until('the edit undone', async () => (await specs())[0]?.devices?.[0]?.name === 'mock0', [])
    expect((await slices())[0]?.metadata.labels?.node).toBe(node)
  })

  test('a device that fails is tainted within moments, and the taint goes with the fault', async () => {
    plug(sysfs(), device('mock0'))
    await start()
    const health = join(sysfs(), 'class/mock-accel/mock0/health')
    const taint = async () => (await specs())[0]?.devices?.[0]?.taints?.[0]
    writeFileSync(health, 'failed\n')
    await until('the taint', async () => (await taint())?.value === 'failed', [])
    expect((await taint())?.timeAdded).toBeDefined()
    expect(warnings).toEqual([])
    writeFileSync(health, 'ok\n')
    await until('no taint', async () => (await taint()) === undefined, [])
  })

  test('what the earlier chart left is removed, and what is of other nodes and drivers is not', async () => {
    const labels = {driver: driverName, node}
    // One pool per device, named as the device, without an owner, by a writer on another node.
    const make = (name: string, pool: string, more: object = {}) =>
      api.createSlice({
        apiVersion: 'resource.k8s.io/v1',
        kind: 'ResourceSlice',
        metadata: {name, labels},
        spec: {
          driver: driverName,
          nodeName: node,
          pool: {name: pool, generation: 1, resourceSliceCount: 1},
          devices: [{name: pool, attributes: {numa_node: {int: 0}}, capacity: {memory: {value: '1Gi'}}}],
          ...more,
        },
      })
    await make('node1-mock0', 'mock0')
    await make('node1-mock1', 'mock1')
    // The same pool as ours, and a generation that would win.
    const pool = {name: 'node1/numa0', generation: 7, resourceSliceCount: 1}
    await make('node1-numa0', 'mock0', {pool})
    const others = [
      await make('other-node', 'mock0', {nodeName: 'node2'}),
      await make('other-driver', 'mock0', {driver: 'x.example.com'}),
    ]
    plug(sysfs(), device('mock0'))
    await start()
    const found = await slices()
    expect(found.map(({spec}) => spec.pool)).toEqual([
      {name: 'node1/numa0', generation: 8, resourceSliceCount: 1},
    ])
    expect(found.map(({metadata}) => [metadata.labels, metadata.ownerReferences?.[0]?.kind])).toEqual([
      [labels, 'Node'],
    ])
    const names = others.map(one => one.metadata.name)
    const left = await mustKubectl(plane, ['get', 'resourceslices', ...names, '-o', 'name'])
    expect(left.trim().split('\n')).toHaveLength(2)
    for (const other of others) await api.deleteSlice(other)
  })

  /** A claim that stands as the scheduler would have allocated it. */
  const claimFor = (name: string, ...devices: string[]) => claimWith(name, devices)
  const claimWith = async (name: string, devices: string[], parameters?: object): Promise<Claim> => {
    const requests = devices.map((_, i) => ({name: `r${i}`, exactly: {deviceClassName: 'any'}}))
    const claim = {
      apiVersion: 'resource.k8s.io/v1',
      kind: 'ResourceClaim',
      metadata: {name, namespace: 'default'},
      spec: {devices: {requests}},
    }
    const made = JSON.parse(
      await mustKubectl(plane, ['create', '-o', 'json', '-f', '-'], JSON.stringify(claim)),
    )
    const results = devices.map((one, i) => ({
      request: `r${i}`,
      driver: driverName,
      pool: 'node1/numa0',
      device: one,
    }))
    const config = parameters ? [{source: 'FromClaim', opaque: {driver: driverName, parameters}}] : []
    const reservedFor = [{resource: 'pods', name: `${name}-pod`, uid: `${name}-pod-uid`}]
    const status = {allocation: {devices: {results, config}}, reservedFor}
    const path = `/apis/resource.k8s.io/v1/namespaces/default/resourceclaims/${name}`
    await client.request('PUT', `${path}/status`, {...made, status})
    return {namespace: 'default', name, uid: made.metadata.uid}
  }

  test('prepares and gives back over the real sockets, in both versions', async () => {
    for (const name of ['mock0', 'mock1']) plug(sysfs(), device(name))
    const running = await start()
    expect(await callSocket(registrar(), registration.GetInfo, {})).toEqual({
      type: 'DRAPlugin',
      name: driverName,
      endpoint: socket(),
      supportedVersions: [
        'v1.DRAPlugin',
        'v1beta1.DRAPlugin',
        'v1.DRAResourceHealth',
        'v1alpha1.DRAResourceHealth',
      ],
    })
    await callSocket(registrar(), registration.NotifyRegistrationStatus, {pluginRegistered: true, error: ''})

    const claim = await claimFor('both', 'mock0', 'mock1')
    const unknown = {namespace: 'default', name: 'nobody', uid: 'none'}
    const request = {claims: [claim, unknown]}
    const {claims} = await callSocket(socket(), draPluginV1.NodePrepareResources, request)
    expect([...claims.keys()].sort()).toEqual([claim.uid, 'none'].sort())
    expect(claims.get('none')?.error).toContain('does not exist')
    expect(
      claims.get(claim.uid)?.devices.map(one => [one.requestNames, one.poolName, one.deviceName]),
    ).toEqual([
      [['r0'], 'node1/numa0', 'mock0'],
      [['r1'], 'node1/numa0', 'mock1'],
    ])
    const [file = ''] = readdirSync(join(folder, 'cdi'))
    const cdi = JSON.parse(readFileSync(join(folder, 'cdi', file), 'utf8'))
    const ids = claims.get(claim.uid)?.devices.flatMap(one => one.cdiDeviceIds)
    expect(ids).toEqual(cdi.devices.map((one: {name: string}) => `${cdi.kind}=${one.name}`))
    const status = (name: string) => readFileSync(join(sysfs(), 'class/mock-accel', name, 'status'), 'utf8')
    expect([status('mock0'), status('mock1')]).toEqual(['allocated', 'allocated'])

    const other = await claimFor('second', 'mock1')
    const again = await callSocket(socket(), draPluginV1beta1.NodePrepareResources, {claims: [claim, other]})
    expect(again.claims.get(claim.uid)).toEqual(claims.get(claim.uid))
    expect(again.claims.get(other.uid)?.error).toContain(claim.uid)

    const pages = `http://127.0.0.1:${running.httpPort}`
    expect(await (await fetch(`${pages}/readyz`)).text()).toBe('ok\n')
    expect(await (await fetch(`${pages}/metrics`)).text()).toContain('mock_accel_dra_claims_held 1')

    await mustKubectl(plane, ['delete', 'resourceclaim', 'both', '--wait=false'])
    const back = await callSocket(socket(), draPluginV1beta1.NodeUnprepareResources, request)
    expect(back.claims).toEqual(new Map([claim.uid, 'none'].map(uid => [uid, {error: ''}])))
    expect(readdirSync(join(folder, 'cdi'))).toEqual([])
    expect(status('mock0')).toBe('free')
    await running.stop()
    driver = undefined
    expect([registrar(), socket()]).toEqual(['', ''])
  })

  test('tells the pod why its claim is not prepared, and that its device failed', async () => {
    plug(sysfs(), device('mock0'))
    await start()
    const notes = async (pod: string) => {
      const path = 'jsonpath={range .items[*]}{.reason}: {.message}{"\\n"}{end}'
      const of = ['--field-selector', `involvedObject.name=${pod}`]
      return (await mustKubectl(plane, ['get', 'events', ...of, '-o', path])).trim().split('\n')
    }
    const apiVersion = 'mock-accel.example.com/v1alpha1'
    const wrong = {apiVersion, kind: 'DeviceConfig', passphraseLenght: 8}
    const bad = await claimWith('bad', ['mock0'], wrong)
    const {claims} = await callSocket(socket(), draPluginV1.NodePrepareResources, {claims: [bad]})
    expect(claims.get(bad.uid)?.error).toContain('did you mean `passphraseLength`?')
    const unwritten = () => warnings.filter(one => one.reason)
    const isThere = async () => (await notes('bad-pod')).some(note => note.includes('did you mean'))
    await until('the event', async () => unwritten().length > 0 || (await isThere()), [])
    expect(unwritten()).toEqual([])
    expect(await notes('bad-pod')).toEqual([`DeviceNotPrepared: ${claims.get(bad.uid)?.error}`])

    const {passphraseLenght: passphraseLength, ...right} = wrong
    const good = await claimWith('good', ['mock0'], {...right, passphraseLength})
    await callSocket(socket(), draPluginV1.NodePrepareResources, {claims: [good]})
    const attribute = (name: string) => readFileSync(join(sysfs(), 'class/mock-accel/mock0', name), 'utf8')
    expect(attribute('passphrase_length')).toBe('8')
    writeFileSync(join(sysfs(), 'class/mock-accel/mock0/health'), 'failed\n')
    const failed = ['DeviceFailed: device mock0 of claim good failed']
    await until('the event', async () => (await notes('good-pod')).join() === failed.join(), [])
    await callSocket(socket(), draPluginV1.NodeUnprepareResources, {claims: [good]})
    expect([attribute('passphrase_length'), attribute('status')]).toEqual(['6', 'free'])
  })
})
