/** Kubernetes' own test driver, which uses the official helper, against a real API server. */
import {mkdir} from 'node:fs/promises'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type ControlPlane, startControlPlane} from '#testbed/cluster/control-plane.ts'
import {addFakeNode} from '#testbed/cluster/nodes.ts'
import {needTools} from '#testbed/needs.ts'
import {type Api, openApi} from './api.ts'
import {cdiFolder} from './cdi.ts'
import {claimsOf, clusterOf} from './cluster.ts'
import {goTestDriver} from './differences.ts'
import {type Owned, own} from './hooks.ts'
import {kubeletTimes} from './kubelet.ts'
import {type Result, run} from './run.ts'
import {scenarios} from './scenarios/index.ts'
import type {Ground} from './trial.ts'

const tools = await needTools('kubectl', 'kube-apiserver', 'dra-test-driver')
const driver = 'test-driver.cdi.k8s.io'
const racing = goTestDriver.filter(one => one.outcome === 'racing')
const expected = goTestDriver
  .filter(one => one.outcome !== 'racing')
  .flatMap(({scenarios: names, outcome, clauses = [], needs}) =>
    names.map(name => [name, outcome, ...clauses, ...(needs ? [needs] : [])].join(' ')),
  )

describe.skipIf(!tools)("Kubernetes' Go test driver", () => {
  let plane: ControlPlane
  let api: Api
  let plugin: Owned
  let ground: Ground
  beforeAll(async () => {
    plane = await startControlPlane()
    await addFakeNode(plane, 'node1', '6.12.107-amd64')
    const place = (name: string) => join(plane.folder, name)
    for (const name of ['registry', `plugins/${driver}`, 'cdi']) await mkdir(place(name), {recursive: true})
    plugin = own(
      [
        `exec ${tools?.['dra-test-driver']} --kubeconfig=${plane.kubeconfig} kubelet-plugin --node-name=node1 --num-devices=9`,
        `--plugin-registration-path=${place('registry')} --datadir=${place('plugins')} --cdi-dir=${place('cdi')}`,
      ].join(' '),
    )
    api = await openApi(plane.kubeconfig)
    const options = {driver, namespace: 'default', nodeName: 'node1'}
    const cluster = clusterOf(api, options)
    ground = {
      registryDir: place('registry'),
      driver,
      times: kubeletTimes,
      claims: claimsOf(api, cluster, options),
      cluster,
      cdi: cdiFolder(place('cdi')),
      hooks: {restart: signal => plugin.restart(signal)},
    }
  })
  afterAll(async () => {
    await plugin?.stop()
    api?.close()
    await plane?.stop()
  })

  test('differs from the contract where docs/reference/dra-sanity.md says so, and nowhere else', async () => {
    const results = await run(scenarios, ground)
    const told = ({scenario, status, findings, reason}: Result) =>
      [
        scenario,
        status,
        ...new Set(findings.map(one => one.clause)),
        ...(status === 'skip' ? [reason] : []),
      ].join(' ')
    const unclear = results.filter(one => one.status === 'error').map(one => `${one.scenario}: ${one.reason}`)
    expect(unclear).toEqual([])
    const isLate = (name: string) => racing.find(one => one.scenarios.includes(name))
    for (const {scenario, status, findings} of results) {
      const clauses: readonly string[] | undefined = isLate(scenario)?.clauses
      const others = findings.map(one => one.clause).filter(one => !clauses?.includes(one))
      if (clauses && status !== 'pass') expect(others, scenario).toEqual([])
    }
    expect(results.filter(one => one.status !== 'pass' && !isLate(one.scenario)).map(told)).toEqual(expected)
  })

  test('leaves no claim of ours behind', async () => {
    const {stdout} = await plane.kubectl(['get', 'resourceclaims', '-A', '-o', 'name'])
    expect(stdout).toBe('')
  })
})
