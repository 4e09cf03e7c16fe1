// biome-ignore-all lint/suspicious/noTemplateCurlyInString: KMM's own variables are written so
import {readFileSync} from 'node:fs'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {parse} from 'yaml'
import {type ControlPlane, mustKubectl, startControlPlane} from '#testbed/cluster/control-plane.ts'
import {startKmm} from '#testbed/cluster/kmm.ts'
import {addFakeNode} from '#testbed/cluster/nodes.ts'
import {type Server, until} from '#testbed/cluster/processes.ts'
import {needTools} from '#testbed/needs.ts'
import {coverage} from './coverage.ts'
import {readLock} from './lock.ts'
import {parseNodes} from './nodes.ts'
import type {KernelMapping} from './types.ts'

const tools = await needTools('kubectl', 'kube-apiserver', 'kmm')

const image = (name: string) => `registry.test/${name}:v0.2.0-\${KERNEL_FULL_VERSION}`
// Order decides: literals behind and before expressions, an unanchored one, one that nothing reaches.
const mappings: KernelMapping[] = [
  {literal: '6.12.1-amd64', containerImage: image('literal')},
  {
    regexp: '^6\\.12\\.[0-9]+-amd64$',
    containerImage: 'registry.test/${MOD_NAMESPACE}/${MOD_NAME}:${KERNEL_XYZ}',
  },
  {literal: '6.12.2-amd64', containerImage: image('shadowed')},
  {literal: '7.3.4-amd64', containerImage: image('second-literal')},
  {regexp: 'cloud', containerImage: image('unanchored-${KERNEL_X}')},
  {regexp: '^7\\.(3|4)\\.', containerImage: image('later')},
]
const kernels = [
  ...['6.12.1-amd64', '6.12.2-amd64', '6.12.30-amd64', '6.12.2-cloud-amd64', '6.12.2-rt-amd64'],
  ...[
    '7.3.4-amd64',
    '7.3.5-amd64',
    '7.3.5-cloud-amd64',
    '7.5.0-amd64',
    '16.12.1-amd64',
    '6.17.4-300.fc43.x86_64',
  ],
]

describe.skipIf(!tools)('the KMM operator', () => {
  let plane: ControlPlane
  let kmm: Server
  beforeAll(async () => {
    plane = await startControlPlane()
    kmm = await startKmm(plane)
  })
  afterAll(async () => {
    await kmm?.stop()
    await plane?.stop()
  })

  /** The kernels and images of KMM's DaemonSets, sorted. */
  const chosenIn = async (namespace: string) => {
    const {items} = JSON.parse(await mustKubectl(plane, ['get', 'daemonsets', '-n', namespace, '-o', 'json']))
    return (items as DaemonSet[])
      .map(ds => [
        ds.spec.template.spec.nodeSelector['kmm.node.kubernetes.io/kernel-version.full'],
        ds.spec.template.spec.containers[0]?.image,
      ])
      .sort()
  }

  test('gives each kernel the image that coverage says, and none where coverage says none', async () => {
    for (const [i, kernel] of kernels.entries()) await addFakeNode(plane, `node-${i}`, kernel, {probe: 'yes'})
    const module = {
      apiVersion: 'kmm.sigs.x-k8s.io/v1beta1',
      kind: 'Module',
      metadata: {name: 'probe', namespace: 'default'},
      spec: {
        selector: {probe: 'yes'},
        moduleLoader: {container: {modprobe: {moduleName: 'probe'}, kernelMappings: mappings}},
      },
    }
    await mustKubectl(plane, ['apply', '-f', '-'], JSON.stringify(module))

    const nodes = parseNodes(await mustKubectl(plane, ['get', 'nodes', '-o', 'json']), 'nodes')
    const {rows} = await coverage({
      nodes,
      mappings: mappings.map(mapping => ({mapping})),
      lines: [],
      exists: () => true,
      module: {name: 'probe', namespace: 'default'},
    })
    const said = rows.flatMap(r => (r.image === undefined ? [] : [[r.kernel, r.image]]))
    const chosen = () => chosenIn('default')
    await until('a DaemonSet for each kernel', async () => (await chosen()).length >= said.length, [kmm])
    expect(await chosen()).toEqual(said.sort())
    expect(said).toHaveLength(7)
  })

  test('chooses for every kernel of the lock, from the released Module, what coverage says', async () => {
    const released = parse(readFileSync('deploy/rendered/module-mock-accel.yaml', 'utf8')) as Released
    const {name, namespace} = released.metadata
    const {kernelMappings} = released.spec.moduleLoader.container
    const lock = readLock(readFileSync('matrix/kernels.lock.yaml', 'utf8'), 'lock').value
    const locked = Object.values(lock?.lines ?? {}).flatMap(all => all.map(one => one.kernel))
    const others = ['6.11.0-300.fc43.x86_64', '6.12.1+deb14-amd64', '6.12.1+deb13-s390x', '5.10.0-1-amd64']
    const {rows} = await coverage({
      nodes: [...locked, ...others].map(kernel => ({kernel})),
      mappings: kernelMappings.map(mapping => ({mapping})),
      lines: [],
      exists: () => true,
      module: {name, namespace},
    })
    const said = rows.flatMap(r => (r.image === undefined ? [] : [[withoutPlus(r.kernel), r.image]]))
    expect(rows.filter(r => r.image === undefined).map(r => r.kernel)).toEqual(others.slice(1).sort())

    // This KMM puts the raw name into a label, which can't hold a `+`: one character is another one for all of it, in names
    // and mappings alike. The image is then, to the letter, what a later KMM makes of the true name.
    released.spec.moduleLoader.container.kernelMappings = kernelMappings.map(withoutPlusAt)
    for (const [i, {kernel}] of rows.entries())
      await addFakeNode(plane, `locked-${i}`, withoutPlus(kernel), {'kubernetes.io/os': 'linux'})
    await mustKubectl(plane, ['create', 'namespace', namespace])
    await mustKubectl(plane, ['apply', '-f', '-'], JSON.stringify(released))
    const chosen = () => chosenIn(namespace)
    await until('a DaemonSet for each kernel', async () => (await chosen()).length >= said.length, [kmm])
    expect(await chosen()).toEqual(said.sort())
    expect(said).toHaveLength(locked.length + 1)
  })
})

type Released = {
  metadata: {name: string; namespace: string}
  spec: {moduleLoader: {container: {kernelMappings: KernelMapping[]}}}
}
const withoutPlus = (kernel: string) => kernel.replaceAll('+', '_')
/** The escaped ones alone: in expressions a bare `+` repeats. */
const withoutPlusAt = (mapping: KernelMapping): KernelMapping =>
  mapping.regexp === undefined
    ? {...mapping, literal: withoutPlus(mapping.literal)}
    : {...mapping, regexp: mapping.regexp.replaceAll('\\+', '_')}

type DaemonSet = {
  spec: {template: {spec: {nodeSelector: Record<string, string>; containers: {image: string}[]}}}
}
