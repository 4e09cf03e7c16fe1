import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {toYaml} from '#lib/yaml-out.ts'
import {type ControlPlane, mustKubectl, startControlPlane} from '#testbed/cluster/control-plane.ts'
import {addFakeNode} from '#testbed/cluster/nodes.ts'
import {until} from '#testbed/cluster/processes.ts'
import {needTools} from '#testbed/needs.ts'
import {tool} from '#testbed/tools/tool.ts'
import {readConfig} from '../../../dra-driver/src/config/device-config.ts'
import type {KubeObject} from './kube-object.ts'
import {chart, driverToken, installChart} from './test-cluster.ts'
import {render, sorted} from './testing.ts'

const tools = await needTools('kubectl', 'kube-apiserver', 'helm4')
const driver = 'mock-accel.example.com'

/** A slice of the driver's on a node, unless told otherwise. */
const slice = (name: string, node: string, more: object = {}) => ({
  apiVersion: 'resource.k8s.io/v1',
  kind: 'ResourceSlice',
  metadata: {name},
  spec: {
    driver,
    nodeName: node,
    pool: {name: `${node}/numa0`, generation: 1, resourceSliceCount: 1},
    devices: [{name: 'mock0'}],
    ...more,
  },
})

describe.skipIf(!tools)('what the chart lets the driver do', () => {
  let plane: ControlPlane
  const tokens: Record<string, string> = {}
  const as = (who: string, args: string[], object?: object) =>
    plane.kubectl([`--token=${tokens[who]}`, ...args], object ? {stdin: toYaml(object)} : {})

  beforeAll(async () => {
    plane = await startControlPlane()
    for (const node of ['node1', 'node2']) await addFakeNode(plane, node, '6.12.107-amd64')
    await installChart(plane)
    for (const node of ['node1', 'node2']) tokens[node] = await driverToken(plane, node)
    tokens.nowhere = (
      await mustKubectl(plane, ['create', 'token', 'mock-device-dra-driver', '-n', 'mock-device'])
    ).trim()
    // Policies are enforced some time after they were taken.
    await until('the policy', async () => {
      const asked = await as('nowhere', ['create', '--dry-run=server', '-f', '-'], slice('probe', 'node1'))
      return asked.stderr.includes('not bound to a pod')
    })
    for (const node of ['node1', 'node2']) {
      const made = await as(node, ['create', '-f', '-'], slice(node, node))
      expect(made.code, made.stderr).toBe(0)
    }
    const claim = {apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', metadata: {name: 'x'}, spec: {}}
    await mustKubectl(plane, ['create', '-f', '-'], toYaml(claim))
  })
  afterAll(() => plane?.stop())

  test('a node’s driver reads, changes, deletes and makes anew its own slices', async () => {
    const listed = await as('node1', ['get', 'resourceslices', '--field-selector', `spec.nodeName=node1`])
    expect(listed.stdout, listed.stderr).toContain('node1')
    const deleted = await as('node1', ['delete', 'resourceslice', 'node1'])
    expect(deleted.code, deleted.stderr).toBe(0)
    const made = await as('node1', ['create', '-f', '-'], slice('node1', 'node1'))
    expect(made.code, made.stderr).toBe(0)
    const changed = await as(
      'node1',
      ['replace', '-f', '-'],
      slice('node1', 'node1', {devices: [{name: 'mock7'}]}),
    )
    expect(changed.code, changed.stderr).toBe(0)
  })

  test.each([
    ['makes no slice of another node', 'node1', 'create', slice('new', 'node2'), 'only this node’s'],
    [
      'makes no slice of all nodes',
      'node1',
      'create',
      slice('new', 'all', {nodeName: undefined, allNodes: true}),
      'only this node’s',
    ],
    [
      'changes no slice of another node',
      'node1',
      'replace',
      slice('node2', 'node2', {devices: []}),
      'only this node’s',
    ],
    ['deletes no slice of another node', 'node1', 'delete', slice('node2', 'node2'), 'only this node’s'],
    [
      'makes no slice of another driver',
      'node1',
      'create',
      slice('new', 'node1', {driver: 'gpu.example.com'}),
      `only ResourceSlices of ${driver}`,
    ],
    ['makes none without a pod', 'nowhere', 'create', slice('new', 'node1'), 'not bound to a pod'],
    ['deletes none without a pod', 'nowhere', 'delete', slice('node1', 'node1'), 'not bound to a pod'],
  ])('it %s', async (_, who, verb, object, why) => {
    const {code, stderr} = await as(who, [verb, '-f', '-'], object)
    expect(stderr).toContain(why)
    expect(code).not.toBe(0)
  })

  test.each([
    ['read secrets', ['get', 'secrets', '-A']],
    ['list claims', ['get', 'resourceclaims', '-A']],
    ['change claims', ['patch', 'resourceclaim', 'x', '-p', '{}', '--type=merge']],
    [
      'change a claim’s status',
      ['patch', 'resourceclaim', 'x', '--subresource=status', '-p', '{}', '--type=merge'],
    ],
    ['list nodes', ['get', 'nodes']],
    ['change nodes', ['label', 'node', 'node1', 'a=b', '--overwrite', '--dry-run=server']],
    ['read pods', ['get', 'pods', '-A']],
    ['make pods', ['run', 'x', '--image=registry.test/x']],
    ['make DeviceClasses', ['delete', 'deviceclass', 'mock-accel-pf']],
    [
      'take its policy away',
      ['delete', 'validatingadmissionpolicybindings', 'mock-device-dra-driver-own-slices'],
    ],
    ['delete slices in bulk', ['delete', '--raw', '/apis/resource.k8s.io/v1/resourceslices']],
    ['ask for tokens', ['create', 'token', 'mock-device-dra-driver', '-n', 'mock-device']],
  ])('it may not %s', async (_, args) => {
    const {code, stderr} = await as('node1', args)
    expect(stderr).toMatch(/forbidden/i)
    expect(code).not.toBe(0)
  })

  test('it may get claims and its node, and write events', async () => {
    const can = (args: string[]) =>
      as('node1', ['auth', 'can-i', ...args]).then(answer => answer.stdout.trim())
    expect(await can(['get', 'resourceclaims.resource.k8s.io', '-n', 'default'])).toBe('yes')
    expect(await can(['get', 'nodes'])).toBe('yes')
    expect(await can(['create', 'events.events.k8s.io', '-n', 'default'])).toBe('yes')
  })

  test('others are not held to the driver’s policy', async () => {
    await mustKubectl(plane, ['create', '--dry-run=server', '-f', '-'], toYaml(slice('admin', 'node2')))
  })

  const head = {apiVersion: `${driver}/v1alpha1`, kind: 'DeviceConfig'}
  /** With whether the driver takes them, so that policy and driver cannot drift apart. */
  const parameters = [
    head,
    {...head, passphraseLength: 4, resetOnRelease: false},
    {...head, passphraseLength: 12},
    {},
    {kind: 'DeviceConfig'},
    {...head, apiVersion: `${driver}/v1`},
    {...head, apiVersion: 1},
    {...head, kind: 'Config'},
    {...head, passphraseLength: 3},
    {...head, passphraseLength: 13},
    {...head, passphraseLength: 4.5},
    {...head, passphraseLength: '8'},
    {...head, passphraseLength: null},
    {...head, passphraseLength: [8]},
    {...head, resetOnRelease: 'true'},
    {...head, resetOnRelease: 1},
    {...head, passphraseLenght: 8},
    {...head, metadata: {name: 'x'}},
  ].map(one => ({parameters: one, sound: readConfig(one).problems.length === 0}))

  const claimSpec = (parameters: object, name = driver) => ({
    devices: {
      requests: [{name: 'r', exactly: {deviceClassName: 'mock-accel-pf'}}],
      config: [{opaque: {driver: name, parameters}}],
    },
  })
  const withConfig: Record<string, (parameters: object) => object> = {
    ResourceClaim: one => ({spec: claimSpec(one)}),
    ResourceClaimTemplate: one => ({spec: {spec: claimSpec(one)}}),
    DeviceClass: one => ({spec: {config: [{opaque: {driver, parameters: one}}]}}),
  }
  /** Tries to create all at once: what was refused, by name. */
  const refusals = async (objects: readonly object[]) => {
    const all = objects.map((one, i) =>
      toYaml({apiVersion: 'resource.k8s.io/v1', metadata: {name: `n${i}`}, ...one}),
    )
    const stdin = all.join('---\n')
    const {stdout, stderr} = await plane.kubectl(['create', '--dry-run=server', '-o', 'name', '-f', '-'], {
      stdin,
    })
    const taken = stdout.split('\n').map(line => Number(/\/n(\d+)/.exec(line)?.[1]))
    return {refused: objects.map((_, i) => !taken.includes(i)), stderr}
  }

  test.each(Object.entries(withConfig))(
    'of a %s’s parameters the same are refused as the driver refuses',
    async (kind, make) => {
      const {refused, stderr} = await refusals(parameters.map(one => ({kind, ...make(one.parameters)})))
      expect(
        parameters.map((one, i) => ({...one, sound: !refused[i]})),
        stderr,
      ).toEqual(parameters)
      expect(stderr).toContain('DeviceConfig has no field passphraseLenght')
      expect(stderr).toContain('must be a whole number from 4 to 12')
      // A policy that fails to compute refuses too, but tells nobody why.
      expect(stderr).not.toMatch(/no such (key|overload)|resulted in error/)
    },
  )

  test('other drivers’ parameters, and claims without any, are nobody’s business', async () => {
    const others = [
      {kind: 'ResourceClaim', spec: claimSpec({round: true}, 'gpu.example.com')},
      {kind: 'ResourceClaim', spec: {devices: {requests: [{name: 'r', exactly: {deviceClassName: 'x'}}]}}},
      {kind: 'ResourceClaim', spec: {}},
      {kind: 'ResourceClaimTemplate', spec: {spec: {}}},
      {kind: 'DeviceClass', spec: {}},
    ]
    const {refused, stderr} = await refusals(others)
    expect(refused, stderr).toEqual(others.map(() => false))
  })

  test('nothing that the server adds would look like drift', async () => {
    const kinds =
      'validatingadmissionpolicies,validatingadmissionpolicybindings,deviceclasses,networkpolicies,clusterroles'
    const args = ['get', kinds, '-A', '-l', 'app.kubernetes.io/instance=mock-device', '-o', 'json']
    const stored = (JSON.parse(await mustKubectl(plane, args)) as {items: KubeObject[]}).items
    const wanted = (await render(await tool('helm4'), chart, {})).filter(one =>
      stored.some(({kind, metadata}) => kind === one.kind && metadata.name === one.metadata.name),
    )
    expect(stored).toHaveLength(2 + 2 + 4 + 1 + 1)
    const content = ({kind, spec, rules}: KubeObject) => ({kind, spec, rules})
    expect(sorted(stored).map(content)).toEqual(sorted(wanted).map(content))
  })
})
