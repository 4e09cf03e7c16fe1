/** What is kept of Dynamic Resource Allocation's objects, resource.k8s.io/v1. */

import {at, listAt, numberAt, textAt} from '../lib/fields.ts'
import type {KubeObject} from '../lib/kube.ts'
import type {Claim, DeviceClass, Slice} from './facts.ts'
import {namedOf} from './kinds-core.ts'

export function sliceOf(object: KubeObject): Slice {
  const pool = at(object, 'spec', 'pool')
  const devices = listAt(object, 'spec', 'devices').map(device => ({
    name: textAt(device, 'name') ?? '',
    taints: listAt(device, 'taints').map(taint => ({
      key: textAt(taint, 'key') ?? '',
      value: textAt(taint, 'value') ?? '',
      effect: textAt(taint, 'effect') ?? '',
    })),
  }))
  return {
    name: object.metadata.name,
    driver: textAt(object, 'spec', 'driver') ?? '',
    pool: textAt(pool, 'name') ?? '',
    generation: numberAt(pool, 'generation') ?? 0,
    count: numberAt(pool, 'resourceSliceCount') ?? 1,
    node: textAt(object, 'spec', 'nodeName'),
    devices,
  }
}

export function claimOf(object: KubeObject): Claim {
  const requests = listAt(object, 'spec', 'devices', 'requests')
  const results = listAt(object, 'status', 'allocation', 'devices', 'results')
  return {
    ...namedOf(object),
    classes: requests.flatMap(r => textAt(r, 'exactly', 'deviceClassName') ?? []),
    allocated: results.map(r => ({
      driver: textAt(r, 'driver') ?? '',
      pool: textAt(r, 'pool') ?? '',
      device: textAt(r, 'device') ?? '',
    })),
    reservedFor: listAt(object, 'status', 'reservedFor').flatMap(r =>
      textAt(r, 'resource') === 'pods' ? (textAt(r, 'name') ?? []) : [],
    ),
    deleted: object.metadata.deletionTimestamp,
    created: object.metadata.creationTimestamp ?? '',
  }
}

export function classOf({metadata}: KubeObject): DeviceClass {
  return {name: metadata.name}
}
