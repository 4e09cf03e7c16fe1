import {describe, expect, test} from 'vitest'
import {pod} from '../../live/testing.ts'
import {ago, found} from '../testing.ts'

describe('devices', () => {
  const slice = (
    name: string,
    {
      node: nodeName = 'one',
      generation = 1,
      count = 1,
      taints = [],
    }: {node?: string; generation?: number; count?: number; taints?: object[]} = {},
  ) => ({
    metadata: {name},
    spec: {
      ...{driver: 'd', nodeName, devices: [{name: 'dev0', taints}]},
      pool: {name: `${nodeName}/p`, generation, resourceSliceCount: count},
    },
  })

  test('are published in whole pools by nodes that exist; old generations do not count', async () => {
    expect(await found({slices: [slice('a', {generation: 2}), slice('old', {count: 2})]})).toEqual([])
    expect(await found({slices: [slice('a', {count: 2}), slice('b', {node: 'gone'})]})).toEqual([
      'Z100 problem pool d/one/p: 1 of 2 slices of generation 1 are there',
      'Z101 problem resourceslices of node gone: there is no such node; left are b',
    ])
  })

  test('are tainted, or not published although a driver runs', async () => {
    const taints = [{key: 'd/health', value: 'failed', effect: 'NoExecute'}]
    const labels = {'app.kubernetes.io/component': 'dra-driver'}
    const pods = [
      pod('drv-a', {labels, owner: 'DaemonSet'}),
      pod('drv-b', {labels, owner: 'DaemonSet', node: 'two'}),
    ]
    expect(await found({slices: [slice('a', {taints})], pods})).toEqual([
      'Z104 problem drivers in namespace team: no slices from two (drv-b)',
      'Z102 warning pool d/one/p: dev0 (d/health=failed:NoExecute)',
    ])
  })

  const claim = (more: {
    deletionTimestamp?: string
    creationTimestamp?: string
    deviceClassName?: string
    status?: object
  }) => {
    const {deviceClassName = 'gpu', status = {}, ...times} = more
    return {
      metadata: {name: 'c', namespace: 'team', ...times},
      spec: {devices: {requests: [{name: 'r', exactly: {deviceClassName}}]}},
      status,
    }
  }
  const about = 'Z103 problem resourceclaim team/c:'
  const waiting = pod('p', {
    spec: {resourceClaims: [{name: 'r', resourceClaimName: 'c'}]},
    status: {
      phase: 'Pending',
      conditions: [{type: 'PodScheduled', status: 'False', message: 'cannot allocate all claims'}],
    },
  })

  test('are claimed in vain: no class, no device, no end', async () => {
    expect(await found({claims: [claim({})]})).toEqual([])
    expect(await found({claims: [claim({deviceClassName: 'none'})]})).toEqual([
      `${about} there is no device class none`,
    ])
    expect(await found({claims: [claim({})], pods: [waiting]})).toEqual([
      `${about} p waits: cannot allocate all claims`,
    ])
    expect(await found({claims: [claim({deletionTimestamp: ago(3600)})]})).toEqual([
      expect.stringContaining('has been going for 1 hour'),
    ])
    expect(await found({claims: [claim({deletionTimestamp: ago(60)})]})).toEqual([])
  })

  test('are gone although a claim has them; or are held for a pod that is gone', async () => {
    const results = [{driver: 'd', pool: 'one/p', device: 'dev0'}]
    const held = claim({
      status: {allocation: {devices: {results}}, reservedFor: [{resource: 'pods', name: 'p'}]},
    })
    expect(await found({claims: [held], slices: [slice('a')], pods: [pod('p')]})).toEqual([])
    expect(await found({claims: [held], pods: [pod('p')]})).toEqual([
      `${about} it has d/one/p/dev0, which no slice has any more`,
    ])
    expect(await found({claims: [held], slices: [slice('a')]})).toEqual([
      `${about} it is reserved for p, which is gone`,
    ])
  })

  test('are on their way: the pod is younger than the list of pods, or all of it is being deleted', async () => {
    const results = [{driver: 'd', pool: 'one/p', device: 'dev0'}]
    const status = {allocation: {devices: {results}}, reservedFor: [{resource: 'pods', name: 'p'}]}
    const slices = [slice('a')]
    expect(await found({claims: [claim({status, creationTimestamp: ago(5)})], slices})).toEqual([])
    expect(await found({claims: [claim({status, deletionTimestamp: ago(5)})], slices})).toEqual([])
    expect(await found({claims: [claim({status, creationTimestamp: ago(3600)})], slices})).toHaveLength(1)
  })
})
