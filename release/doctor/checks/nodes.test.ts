import {describe, expect, test} from 'vitest'
import {node, pod} from '../../live/testing.ts'
import {found} from '../testing.ts'

describe('draining', () => {
  const budget = (name: string, selector: object, allowed: number) => ({
    metadata: {name, namespace: 'team'},
    spec: {selector},
    status: {disruptionsAllowed: allowed, currentHealthy: 2, desiredHealthy: 2, expectedPods: 2},
  })
  const db = {matchLabels: {app: 'db'}}

  test('is blocked by a budget that lets nothing go, and holds pods on nodes', async () => {
    const pods = [pod('db-0', {labels: {app: 'db'}}), pod('db-1', {labels: {app: 'db'}, node: 'two'})]
    expect(await found({pods, pdbs: [budget('db', db, 0)]})).toEqual([
      'Z040 problem poddisruptionbudget team/db: no pod may go: 2 of the 2 that it needs are healthy; it holds db-0 on one, db-1 on two',
    ])
    expect(await found({pods, pdbs: [budget('db', db, 1)]})).toEqual([])
    expect(await found({pods: [pod('web')], pdbs: [budget('db', db, 0)]})).toEqual([])
  })

  test('is not blocked by a budget without a selector, which holds nothing', async () => {
    const empty = {...budget('none', {}, 0), spec: {}}
    expect(await found({pods: [pod('db-0')], pdbs: [empty, budget('all', {}, 1)]})).toEqual([])
  })

  test('is blocked by two budgets for one pod; pods of DaemonSets and finished ones are not moved', async () => {
    const pods = [
      pod('db-0', {labels: {app: 'db'}}),
      pod('agent', {labels: {app: 'db'}, owner: 'DaemonSet'}),
      pod('done', {labels: {app: 'db'}, owner: '', status: {phase: 'Succeeded'}}),
    ]
    expect(await found({pods, pdbs: [budget('db', db, 1), budget('all', {}, 1)]})).toEqual([
      'Z041 problem pod team/db-0: selected by db, all',
    ])
  })

  test('loses pods without a controller, and needs nodes that are ready', async () => {
    const nodes = [node('one'), node('two', {ready: 'Unknown'}), node('three', {ready: 'False'})]
    expect(await found({nodes, pods: [pod('alone', {owner: ''}), pod('static', {owner: 'Node'})]})).toEqual([
      'Z020 problem node three: its kubelet says: PLEG is not healthy',
      'Z020 problem node two: its kubelet says nothing',
      'Z042 warning namespace team: alone on one',
    ])
  })
})
