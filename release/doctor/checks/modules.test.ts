import {describe, expect, test} from 'vitest'
import {node} from '../../live/testing.ts'
import {found} from '../testing.ts'

describe('KMM', () => {
  const module = (kernelMappings: object[], selector: object = {accel: 'yes'}) => ({
    metadata: {name: 'accel', namespace: 'mock'},
    spec: {selector, moduleLoader: {container: {kernelMappings}}},
  })
  const containerImage = `r.test/m:v1-\${KERNEL_FULL_VERSION}`
  const debian = {regexp: String.raw`^6\.12\.\d+\+deb13-amd64$`, containerImage}
  const labels = {accel: 'yes', 'kmm.node.kubernetes.io/mock.accel.ready': ''}

  test('passes over nodes whose kernel no mapping takes: told by its own rules', async () => {
    const nodes = [
      node('one', {labels}),
      node('two', {labels: {accel: 'yes'}, kernelVersion: '6.18.1-cloud'}),
      node('three', {kernelVersion: '5.4.0-not-selected'}),
    ]
    expect(await found({nodes, kmmModules: [module([debian])]})).toEqual([
      'Z060 problem module mock/accel: no mapping takes 6.18.1-cloud, which runs on two',
    ])
  })

  test('has not loaded what a mapping takes; or has mappings that say nothing', async () => {
    const nodes = [node('one', {labels: {accel: 'yes'}})]
    expect(await found({nodes, kmmModules: [module([debian])]})).toEqual([
      'Z062 warning module mock/accel: not loaded on one (6.12.107+deb13-amd64); its image is r.test/m:v1-6.12.107_deb13-amd64',
    ])
    expect(await found({nodes, kmmModules: [module([{regexp: '^6(?=x)', containerImage}])]})).toEqual([
      expect.stringContaining('Z061 problem module mock/accel'),
    ])
    expect(
      await found({nodes, kmmModules: [module([{...debian, containerImage: 'r.test/m:$NOPE'}])]}),
    ).toEqual([expect.stringContaining('Z061 problem module mock/accel')])
  })
})
