import {readdirSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type ControlPlane, mustKubectl, startControlPlane} from '#testbed/cluster/control-plane.ts'
import {needTools} from '#testbed/needs.ts'
import {customResources} from '#testbed/tools/crds.ts'

const tools = await needTools('kubectl', 'kube-apiserver')
const folder = join(import.meta.dirname, '../../../docs/examples/admission')

describe.skipIf(!tools)('policies for admission', () => {
  let plane: ControlPlane
  beforeAll(async () => {
    plane = await startControlPlane()
    for (const engine of ['flux', 'kyverno', 'policy-controller'] as const) {
      await mustKubectl(plane, ['apply', '--server-side', '-f', await customResources(engine)])
    }
    // Its versions are converted by the controller, which does not run here; their schemas are alike.
    const plain = JSON.stringify({spec: {conversion: {strategy: 'None', webhook: null}}})
    const converted = 'clusterimagepolicies.policy.sigstore.dev'
    await mustKubectl(plane, ['patch', 'crd', converted, '--type=merge', '-p', plain])
    await mustKubectl(plane, ['create', 'namespace', 'mock-device'])
  })
  afterAll(() => plane?.stop())

  test.each(readdirSync(folder))('%s is what its engine takes', async name => {
    const apply = ['apply', '--dry-run=server', '--validate=strict', '-f', join(folder, name)]
    // A kind is served some moments after its definition.
    const said = () => mustKubectl(plane, apply).catch(String)
    await expect.poll(said, {timeout: 30_000}).toContain('created (server dry run)')
  })
})
