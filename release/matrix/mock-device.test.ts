import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {beforeAll, describe, expect, it} from 'vitest'
import {check} from './compat/index.ts'
import {loadMatrix} from './load.ts'
import type {Matrix} from './schema/index.ts'

const file = 'matrix/mock-device.yaml'
let matrix: Matrix

beforeAll(() => {
  const loaded = loadMatrix(readFileSync(join(import.meta.dirname, '../..', file)), file)
  expect(loaded.diagnostics).toEqual([])
  if (!loaded.value) throw new Error(`${file} is broken`)
  matrix = loaded.value
})

const now = {'mock-device': '0.2.0', kubernetes: '1.36', containerd: '2.3'}
const module = {'kernelModule.enabled': 'true'}

/** What is true of mock-device, and what its documents once got wrong. */
describe('matrix/mock-device.yaml says of', () => {
  it.each([
    ['a cluster of today', now, {}, 'yes'],
    [
      'CRI-O in place of containerd',
      {'mock-device': '0.2.0', kubernetes: '1.35', 'cri-o': '1.35'},
      {},
      'yes',
    ],
    ['Kubernetes 1.33, which has no resource.k8s.io/v1', {...now, kubernetes: '1.33'}, {}, 'no'],
    ['a Kubernetes that does not exist yet', {...now, kubernetes: '1.38'}, {}, 'unknown'],
    ['containerd 1.7 below Kubernetes 1.35', {...now, kubernetes: '1.35', containerd: '1.7'}, {}, 'yes'],
    ['containerd 1.7 below Kubernetes 1.36', {...now, containerd: '1.7'}, {}, 'no'],
    ['Docker Engine', {...now, docker: '29.0.0'}, {}, 'no'],
    ['a kubelet without the plugin API', {...now, kubelet: '1.33'}, {}, 'no'],
    ['a kubelet newer than the API server', {...now, kubelet: '1.37'}, {}, 'no'],
    ['KMM with the kernel module', {...now, kmm: '2.6.0', 'cert-manager': '1.21'}, module, 'yes'],
    ['KMM too old', {...now, kmm: '2.3.0'}, module, 'no'],
    [
      'firmware through KMM on containerd',
      {...now, kmm: '2.6.0'},
      {...module, 'kernelModule.firmware.enabled': 'true'},
      'no',
    ],
    [
      'firmware through KMM on CRI-O',
      {'mock-device': '0.2.0', kubernetes: '1.36', 'cri-o': '1.36', kmm: '2.6.0'},
      {...module, 'kernelModule.firmware.enabled': 'true'},
      'yes',
    ],
    [
      'spec.dra with a KMM that is released',
      {...now, kmm: '2.6.0'},
      {...module, 'kernelModule.dra.enabled': 'true'},
      'no',
    ],
    ['runc', {...now, runc: '1.3.0'}, {}, 'yes'],
    ['a kernel of 6.1', {...now, linux: '6.1.0-40-amd64'}, {}, 'no'],
    ['a kernel of Debian 13', {...now, linux: '6.12.117+deb13-amd64'}, {}, 'yes'],
    [
      '0.1.0 on Kubernetes 1.29, as it claimed',
      {'mock-device': '0.1.0', kubernetes: '1.29', containerd: '1.7'},
      {},
      'no',
    ],
    ['0.1.0 on Kubernetes 1.32', {'mock-device': '0.1.0', kubernetes: '1.32', containerd: '1.7'}, {}, 'yes'],
    ['0.1.0 on Kubernetes 1.34', {'mock-device': '0.1.0', kubernetes: '1.34', containerd: '2.3'}, {}, 'no'],
  ])('%s', (_, versions, values, answer) => {
    expect(check(matrix, {versions: versions as Record<string, string>, values}).answer).toBe(answer)
  })

  it('asks for KMM and cert-manager only where KMM brings the module', () => {
    const needs = (values: Record<string, string>) =>
      check(matrix, {versions: now, values}).alsoNeeds.flatMap(n => n.anyOf.map(c => c.component))
    expect(needs({})).not.toContain('kmm')
    expect(needs(module)).toEqual(expect.arrayContaining(['kmm', 'cert-manager']))
  })
})
