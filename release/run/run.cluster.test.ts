import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {afterAll, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import {chart, earlierChart} from '#release/generate/chart/test-cluster.ts'
import {type ControlPlane, mustKubectl, startControlPlane} from '#testbed/cluster/control-plane.ts'
import {until} from '#testbed/cluster/processes.ts'
import {installKubevirt, operatorManifest, playOperator} from '#testbed/kubevirt/operator.ts'
import {needTools} from '#testbed/needs.ts'
import {tool} from '#testbed/tools/tool.ts'
import {realExec} from '../effects/exec.ts'
import {realFiles} from '../effects/files.ts'
import {openKube} from '../effects/kube/open.ts'
import {takeLease} from '../effects/upgrade/lease.ts'
import {fileLog} from '../effects/upgrade/log.ts'
import {realWorld} from '../effects/upgrade/world.ts'
import type {Kube} from '../lib/kube.ts'
import type {Action} from '../upgrade/actions/action.ts'
import type {UpgradePlan} from '../upgrade/plan.ts'
import {wayBack} from './back.ts'
import {doTask, type Tools} from './engine.ts'
import {beginJournal} from './journal.ts'
import {ownedLive} from './owner.ts'
import {runBack, runForward} from './run.ts'
import {hear} from './said.ts'
import {stateOf} from './state.ts'
import {planTasks, type RunSite, type Task} from './tasks.ts'
import {planFor} from './test-plans.ts'
import type {World} from './world.ts'

const tools = await needTools('kubectl', 'kube-apiserver', 'kube-controller-manager', 'helm4')
const versions = planFor('kubevirt', {kubevirt: '1.8.4..1.9.0', kubernetes: '1.35'})

describe.skipIf(!tools)('on a real API server', {timeout: 120_000}, () => {
  let plane: ControlPlane
  let kube: Kube
  let world: World
  let helm: string
  let count = 0
  let folder: string

  beforeAll(async () => {
    plane = await startControlPlane({with: ['kube-controller-manager']})
    kube = await openKube({kubeconfig: plane.kubeconfig, env: {}})
    // The programs by the names that a person types.
    const bin = join(plane.folder, 'bin')
    await mkdir(bin)
    helm = await tool('helm4')
    for (const [name, path] of [
      ['helm', helm],
      ['kubectl', await tool('kubectl')],
    ] as const)
      await writeFile(join(bin, name), `#!/bin/sh\nexec ${path} "$@"\n`, {mode: 0o755})
    folder = join(plane.folder, 'work')
    await mkdir(folder)
    world = realWorld({
      exec: realExec,
      files: realFiles({durable: false}),
      fetch: globalThis.fetch,
      cwd: folder,
      env: {
        ...process.env,
        PATH: `${bin}:${process.env.PATH}`,
        KUBECONFIG: plane.kubeconfig,
        HELM_CACHE_HOME: folder,
      },
      signal: new AbortController().signal,
    })
  })
  afterAll(async () => {
    kube?.close()
    await plane?.stop()
  })
  beforeEach(() => {
    count++
  })

  async function toolsFor(plan: UpgradePlan): Promise<Tools> {
    const log = fileLog(join(folder, `journal-${count}`))
    const lock = await takeLease(kube, {
      name: `test-${count}`,
      namespace: 'default',
      holder: 'test',
      now: Date.now,
      beat: 0,
    })
    const writer = await beginJournal({run: `r${count}`, digest: 'digest', plan}, log, world, () => {})
    return {world, writer, lock, helm: 4, run: `r${count}`, poll: 300, told: () => {}}
  }
  const task = (action: Action, id = '1.1'): Task => ({
    id,
    hop: 1,
    way: 'forward',
    phase: 'change',
    title: 'A step.',
    action,
    timeout: 60_000,
  })
  const release = async (name: string, namespace: string) => {
    const {stdout} = await world.call(
      {argv: ['helm', 'history', name, '-n', namespace, '-o', 'json']},
      30_000,
    )
    return (JSON.parse(stdout) as {status: string; chart: string}[]).map(r => `${r.chart} ${r.status}`)
  }

  test('two runs never hold the Lease at once, and who lost it hears of it at its next step', async () => {
    let clock = Date.now()
    const options = {name: 'upgrade', namespace: 'default', now: () => clock, beat: 0}
    const first = await takeLease(kube, {...options, holder: 'first'})
    await expect(takeLease(kube, {...options, holder: 'second'})).rejects.toThrow(/Q020.*first holds/)
    await first.renew()
    clock += 61_000
    const second = await takeLease(kube, {...options, holder: 'second'})
    expect(second.fence).toBe(first.fence + 1)
    await expect(first.renew()).rejects.toThrow('Q020')
    await first.release()
    await second.renew()
    await second.release()
    expect((await takeLease(kube, {...options, holder: 'third'})).fence).toBe(second.fence + 1)
  })

  test('mock-device goes from 0.1.0 over the reinstallation to this chart, by Helm', async () => {
    const old = await earlierChart(folder)
    const installed = await world.call(
      {argv: ['helm', 'install', 'mock', old, '-n', 'mock', '--create-namespace']},
      60_000,
    )
    expect(installed).toMatchObject({code: 0})
    await writeFile(join(folder, 'migrated-values.yaml'), 'kernelModule: {enabled: false}\n')
    const real = planFor('mock-device', {'mock-device': '0.1.0..0.2.0', kubernetes: '1.33..1.34'})
    const local = JSON.stringify(real).replaceAll('oci://ghcr.io/fabiendupont/charts/mock-device', chart)
    const plan = JSON.parse(local) as UpgradePlan
    const site: RunSite = {run: 'r', parameters: {namespace: 'mock', release: 'mock'}}
    const own = await toolsFor(plan)
    // What is asked of this repository's own command, and of a node that runs KMM, is not there.
    const byHand = planTasks(plan, site).filter(
      t => t.action.action === 'commands' && /lockstep|kmm/.test(t.action.run.join()),
    )
    await hear({approve: ['all'], done: byHand.map(t => t.id), again: []}, planTasks(plan, site), own.writer)
    const outcome = await runForward(plan, site, {windows: [], patient: true}, own)
    expect(outcome).toMatchObject({kind: 'complete'})
    expect(await release('mock', 'mock')).toEqual(['mock-device-0.2.0 deployed'])
  })

  test('what a dead Helm left pending is cleared away by the run that left it', async () => {
    const hanging = join(folder, 'hanging')
    await mkdir(join(hanging, 'templates'), {recursive: true})
    const hook = (name: string) =>
      `{{ if .Values.hang }}\napiVersion: batch/v1\nkind: Job\nmetadata: {name: ${name}, annotations: {helm.sh/hook: pre-upgrade}}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: registry.test/a}]}}}\n{{ end }}\n`
    await writeFile(join(hanging, 'templates/hook.yaml'), hook('hang'))
    await writeFile(
      join(hanging, 'templates/map.yaml'),
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: map}\n',
    )
    await writeFile(join(hanging, 'values.yaml'), 'hang: false\n')
    const chartOf = (version: string) =>
      writeFile(join(hanging, 'Chart.yaml'), `apiVersion: v2\nname: hanging\nversion: ${version}\n`)
    await chartOf('1.0.0')
    await world.call({argv: ['helm', 'install', 'app', hanging]}, 60_000)
    await chartOf('2.0.0')
    // Nobody runs Jobs here, so the hook never ends; then Helm is killed.
    const env = {...process.env, KUBECONFIG: plane.kubeconfig}
    const dying = spawn(helm, ['upgrade', 'app', hanging, '--set', 'hang=true'], {env, stdio: 'ignore'})
    const pending = async () => (await release('app', 'default')).at(-1) === 'hanging-2.0.0 pending-upgrade'
    await until('a pending release', pending)
    dying.kill('SIGKILL')
    await once(dying, 'close')
    const own = await toolsFor(versions)
    const upgrade: Action = {
      action: 'helm-upgrade',
      release: 'app',
      namespace: 'default',
      chart: hanging,
      version: '2.0.0',
      values: {hang: 'false'},
      files: [],
    }
    const begun = {...task(upgrade), timeout: 20_000}
    // As if it had died a while ago: its own time is over, so nobody waits for the orphan.
    const past = {...world, now: () => Date.now() - 120_000}
    const log = fileLog(join(folder, `journal-${count}-b`))
    const writer = await beginJournal({run: 'r', digest: 'digest', plan: versions}, log, past, () => {})
    await writer.write({kind: 'intent', task: '1.1', attempt: 1, saw: 'hanging-1.0.0 deployed'})
    expect(await doTask(begun, {...own, writer})).toBeUndefined()
    expect(writer.journal.records.map(r => r.kind)).toContain('recovered')
    expect((await release('app', 'default')).slice(-2)).toEqual([
      'hanging-1.0.0 superseded',
      'hanging-2.0.0 deployed',
    ])
  })

  test('a CRD is left with its storage version alone', async () => {
    const object = {type: 'object', 'x-kubernetes-preserve-unknown-fields': true}
    const crd = (storage: string) => ({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: {name: 'things.test.io'},
      spec: {
        group: 'test.io',
        scope: 'Namespaced',
        names: {plural: 'things', kind: 'Thing', singular: 'thing'},
        versions: ['v1alpha1', 'v1'].map(name => ({
          name,
          served: true,
          storage: name === storage,
          schema: {openAPIV3Schema: object},
        })),
      },
    })
    const put = (data: object) => mustKubectl(plane, ['apply', '-f', '-'], JSON.stringify(data))
    await put(crd('v1alpha1'))
    await mustKubectl(plane, ['wait', 'crd/things.test.io', '--for=condition=Established'])
    await until('the kind', async () => (await plane.kubectl(['get', 'things'])).code === 0)
    for (const name of ['a', 'b'])
      await put({apiVersion: 'test.io/v1alpha1', kind: 'Thing', metadata: {name, namespace: 'default'}})
    await put(crd('v1'))
    const stored = async () =>
      (
        await mustKubectl(plane, ['get', 'crd', 'things.test.io', '-o', 'jsonpath={.status.storedVersions}'])
      ).trim()
    await until('both versions', async () => (await stored()) === '["v1alpha1","v1"]')
    const own = await toolsFor(versions)
    const migrate = task({action: 'crd-storage-migration', crd: 'things.test.io'})
    expect(await doTask(migrate, own)).toBeUndefined()
    expect(await stored()).toBe('["v1"]')
    expect(await doTask({...migrate, id: '1.2'}, own)).toBeUndefined()
    expect(stateOf(own.writer.journal.records).of('1.2')).toMatchObject({by: 'already'})
  })

  test('KubeVirt goes up by its operator, and back by its tag in the other order', async () => {
    await installKubevirt(plane, '1.8.4')
    await writeFile(join(folder, 'kubevirt-operator.yaml'), operatorManifest('1.9.0'))
    const remote = 'https://github.com/kubevirt/kubevirt/releases/download/v1.9.0/kubevirt-operator.yaml'
    const plan = JSON.parse(
      JSON.stringify(versions).replaceAll(remote, 'kubevirt-operator.yaml'),
    ) as UpgradePlan
    const site: RunSite = {run: 'r', parameters: {namespace: 'kubevirt'}}
    const own = await toolsFor(plan)
    const everyone = {approve: ['all'], done: [], again: []}
    await hear(everyone, planTasks(plan, site), own.writer)
    const operator = playOperator(plane)
    try {
      expect(await runForward(plan, site, {windows: [], patient: true}, own)).toMatchObject({
        kind: 'complete',
      })
      expect(operator.rolled).toEqual(['virt-handler v1.9.0', 'virt-controller v1.9.0', 'virt-api v1.9.0'])
      const back = wayBack(plan, stateOf(own.writer.journal.records), site, Date.now())
      await hear(
        everyone,
        back.hops.flatMap(h => h.tasks),
        own.writer,
      )
      expect(await runBack(back, own)).toMatchObject({kind: 'rolled-back'})
      expect(operator.rolled.slice(3)).toEqual([
        'virt-api v1.8.4',
        'virt-controller v1.8.4',
        'virt-handler v1.8.4',
      ])
    } finally {
      await operator.stop()
    }
  })

  test('what Flux or Argo CD has marked as its own is told before anything is done', async () => {
    const scale = task({
      action: 'kubectl-scale',
      resource: 'deployment/owned',
      namespace: 'default',
      replicas: 0,
    })
    const labels = {app: 'owned', 'kustomize.toolkit.fluxcd.io/name': 'infra'}
    const containers = [{name: 'a', image: 'registry.test/a'}]
    const template = {metadata: {labels: {app: 'owned'}}, spec: {containers}}
    const metadata = {name: 'owned', namespace: 'default', labels}
    const spec = {selector: {matchLabels: {app: 'owned'}}, template}
    await mustKubectl(
      plane,
      ['create', '-f', '-'],
      JSON.stringify({apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec}),
    )
    expect((await ownedLive([scale], world)).map(d => d.code)).toEqual(['Q031'])
    const mark = 'argocd.argoproj.io/tracking-id=app:apps/Deployment:default/owned'
    await mustKubectl(plane, ['annotate', 'deployment/owned', mark])
    expect((await ownedLive([scale], world)).map(d => d.code)).toEqual(['Q030'])
  })
})
