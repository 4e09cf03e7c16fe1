import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {toYaml} from '#lib/yaml-out.ts'
import {type ControlPlane, mustKubectl, startControlPlane} from '#testbed/cluster/control-plane.ts'
import {until} from '#testbed/cluster/processes.ts'
import {needTools} from '#testbed/needs.ts'
import {moduleReady, sameVersion} from './flux.ts'

const tools = await needTools('kubectl', 'kube-apiserver')

/** An admission policy that lets an object in when an expression of Flux holds for what lies in the object. */
function policy(name: string, expression: string): object[] {
  const matchConstraints = {
    resourceRules: [
      {apiGroups: ['probe.test'], apiVersions: ['v1'], resources: ['probes'], operations: ['CREATE']},
    ],
  }
  const of = {apiVersion: 'admissionregistration.k8s.io/v1', metadata: {name}}
  return [
    {
      ...of,
      kind: 'ValidatingAdmissionPolicy',
      spec: {
        failurePolicy: 'Fail',
        matchConstraints,
        matchConditions: [{name: 'mine', expression: `object.metadata.name == '${name}'`}],
        validations: [{expression, message: 'does not hold'}],
      },
    },
    {
      ...of,
      kind: 'ValidatingAdmissionPolicyBinding',
      spec: {policyName: name, validationActions: ['Deny']},
    },
  ]
}

const anything = {type: 'object', 'x-kubernetes-preserve-unknown-fields': true}
const probes = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {name: 'probes.probe.test'},
  spec: {
    group: 'probe.test',
    scope: 'Cluster',
    names: {plural: 'probes', singular: 'probe', kind: 'Probe'},
    versions: [{name: 'v1', served: true, storage: true, schema: {openAPIV3Schema: anything}}],
  },
}

// Flux and the API server run the same CEL, so the API server can say what Flux would.
describe.skipIf(!tools)('Flux’s expressions, run by the API server', () => {
  let plane: ControlPlane
  const holds = async (name: string, fields: object): Promise<boolean> => {
    const probe = {apiVersion: 'probe.test/v1', kind: 'Probe', metadata: {name}, ...fields}
    const {code, stderr} = await plane.kubectl(['create', '--dry-run=server', '-f', '-'], {
      stdin: toYaml(probe),
    })
    if (code !== 0 && !stderr.includes('does not hold')) throw new Error(stderr)
    return code === 0
  }
  beforeAll(async () => {
    plane = await startControlPlane()
    const objects = [
      probes,
      ...policy('module', moduleReady.replace(/\b(?=(?:status|spec)\.)/g, 'object.')),
      ...policy('dependency', sameVersion.replace(/\b(?=(?:dep|self)\.)/g, 'object.')),
    ]
    await mustKubectl(plane, ['apply', '-f', '-'], objects.map(toYaml).join('---\n'))
    await until('the policies', async () => {
      const at = {spec: {moduleLoader: {container: {}}}, status: {}}
      const dep = {
        metadata: {labels: {'app.kubernetes.io/version': '1'}, generation: 1},
        status: {observedGeneration: 2},
      }
      const both = [holds('module', at), holds('dependency', {dep, self: dep})]
      return (await Promise.all(both.map(b => b.catch(() => true)))).every(answer => !answer)
    })
  })
  afterAll(() => plane?.stop())

  const counts = (selected?: number, desired?: number, available?: number, version?: string) => ({
    spec: {moduleLoader: {container: {version}}},
    status: {
      moduleLoader: {
        nodesMatchingSelectorNumber: selected,
        desiredNumber: desired,
        availableNumber: available,
      },
    },
  })
  test.each([
    ['KMM has not looked yet', {...counts(), status: {}}, false],
    ['no node matches', counts(), true],
    ['images are still being checked', counts(3), false],
    ['nodes are loading', counts(3, 3, 1), false],
    ['all have loaded', counts(3, 3, 3), true],
    ['one kernel is not covered', counts(3, 2, 2), false],
    ['one node has no version label in an ordered upgrade', counts(3, 2, 2, '1.2.3'), true],
    ['an ordered upgrade is loading', counts(3, 2, 1, '1.2.3'), false],
  ])('the module, when %s', async (_, module, ready) => {
    expect(await holds('module', module)).toBe(ready)
  })

  const version = 'app.kubernetes.io/version'
  const release = (
    label: string,
    changes: {observed?: number; ready?: string; installed?: string; status?: string},
  ) => ({
    metadata: {labels: {[version]: label}, generation: 2},
    status: {
      observedGeneration: changes.observed ?? 2,
      conditions: [{type: 'Ready', status: changes.ready ?? 'True'}],
      history: [{appVersion: changes.installed ?? label, status: changes.status ?? 'deployed'}],
    },
  })
  const self = release('0.2.0', {})
  test.each([
    ['the same version is ready', release('0.2.0', {}), true],
    ['it is still told the old version', release('0.1.0', {}), false],
    ['its change was not observed yet', release('0.2.0', {observed: 1}), false],
    ['it is not ready', release('0.2.0', {ready: 'False'}), false],
    ['the old version is still installed', release('0.2.0', {installed: '0.1.0'}), false],
    ['the installation failed', release('0.2.0', {status: 'failed'}), false],
  ])('the dependency, when %s', async (_, dep, ready) => {
    expect(await holds('dependency', {dep, self})).toBe(ready)
  })
})
