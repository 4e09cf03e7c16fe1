import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {needTools} from '../needs.ts'
import {type ControlPlane, mustKubectl, startControlPlane} from './control-plane.ts'
import {startKmm} from './kmm.ts'
import {addFakeNode} from './nodes.ts'
import {type Server, until} from './processes.ts'

const tools = await needTools('kubectl', 'kube-apiserver', 'kmm')

const kmodule = (mappings: object[]) =>
  JSON.stringify({
    apiVersion: 'kmm.sigs.x-k8s.io/v1beta1',
    kind: 'Module',
    metadata: {name: 'probe', namespace: 'default'},
    spec: {
      selector: {probe: 'yes'},
      moduleLoader: {container: {modprobe: {moduleName: 'probe'}, kernelMappings: mappings}},
    },
  })

describe.skipIf(!tools)('a control plane with KMM', () => {
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

  test('says its version', async () => {
    const version = JSON.parse(await mustKubectl(plane, ['version', '-o', 'json']))
    expect(version.serverVersion.gitVersion).toBe('v1.36.4')
  })

  test("KMM's webhook refuses a regexp that RE2 does not know", async () => {
    const stdin = kmodule([{regexp: '^6(?=x)$', containerImage: 'registry.test/probe:1'}])
    const refused = await plane.kubectl(['apply', '-f', '-'], {stdin})
    expect(refused.code).not.toBe(0)
    expect(refused.stderr).toContain('error parsing regexp')
  })

  test('KMM chooses an image for a fake node', async () => {
    // No `+`: this KMM puts the raw kernel name into a label, which the API server refuses. 2.x normalises it.
    await addFakeNode(plane, 'one', '6.12.107-amd64', {probe: 'yes'})
    const regexp = String.raw`^6\.12\..*$`
    const stdin = kmodule([{regexp, containerImage: `registry.test/probe:\${KERNEL_FULL_VERSION}`}])
    await mustKubectl(plane, ['apply', '-f', '-'], stdin)
    const images = async () =>
      mustKubectl(plane, ['get', 'ds', '-o', 'jsonpath={..spec.template.spec.containers[*].image}'])
    await until('a DaemonSet of KMM', async () => (await images()).includes('registry.test/probe:'), [kmm])
    expect(await images()).toBe('registry.test/probe:6.12.107-amd64')
  })
})
