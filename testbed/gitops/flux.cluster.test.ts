import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {toYaml} from '#lib/yaml-out.ts'
import {orNothing} from '#release/lib/kube.ts'
import {mustKubectl} from '../cluster/control-plane.ts'
import type {Server} from '../cluster/processes.ts'
import {needTools} from '../needs.ts'
import {startFlux} from './flux.ts'
import {playJobs} from './jobs.ts'
import type {PublishedRelease} from './test-releases.ts'
import {
  bootSecond,
  bootUncovered,
  conditionOf,
  guideFile,
  kernels,
  modules,
  startWorld,
  type World,
  writeFolder,
} from './testing.ts'
import {emittedSite} from './testing-emitted.ts'

const tools = await needTools(
  ...(['kubectl', 'kube-apiserver', 'kmm', 'helm-controller', 'kustomize-controller'] as const),
)

const namespace = 'mock-device'
const releases = {group: 'helm.toolkit.fluxcd.io', version: 'v2', plural: 'helmreleases'}
const kustomizations = {group: 'kustomize.toolkit.fluxcd.io', version: 'v1', plural: 'kustomizations'}
const daemonSets = {group: 'apps', version: 'v1', plural: 'daemonsets'}
const [module, driver] = ['mock-device-module', 'mock-device']
const poll = {timeout: 120_000, interval: 100}

describe.skipIf(!tools)('Flux', () => {
  let world: World
  let flux: Server
  beforeAll(async () => {
    world = await startWorld()
    flux = await startFlux(world.plane)
  })
  afterAll(async () => {
    await flux?.stop()
    await world?.stop()
  })

  /** What lies in a repository of one's own, as the guide says: a release's folder, and what is different here. */
  const install = async (release: PublishedRelease, folder = 'deploy/flux', more = '') => {
    const dir = join(world.plane.folder, folder.replaceAll('/', '-'))
    await writeFolder(release, folder, join(dir, 'release'))
    await writeFile(join(dir, 'kustomization.yaml'), (await guideFile('kustomization.yaml')) + more)
    await mustKubectl(world.plane, ['apply', '-k', dir])
  }
  /** One more patch: nobody wants to wait for a driver that will never come. */
  const impatient = `  - target: {kind: HelmRelease, name: ${driver}}
    patch: '[{"op": "add", "path": "/spec/upgrade/timeout", "value": "10s"}]'
`

  const apply = (...objects: (object | string)[]) => {
    const texts = objects.map(one => (typeof one === 'string' ? one : toYaml(one)))
    return mustKubectl(world.plane, ['apply', '-f', '-'], texts.join('---\n'))
  }
  const release = (name: string) => world.kube.get(releases, {name, namespace})
  const state = async (name: string) => {
    const object = await release(name)
    const {history = []} = (object.status ?? {}) as {history?: {appVersion: string; status: string}[]}
    const ready = conditionOf(object, 'Ready')
    return {
      ready: ready?.status,
      message: ready?.message,
      version: history[0]?.appVersion,
      status: history[0]?.status,
    }
  }
  const whole = (version: string) => ({ready: 'True', version, status: 'deployed'})
  const waiting = {ready: 'False', message: expect.stringMatching(/dependency .*not ready/)}
  const moduleVersion = async () => {
    const {metadata} = await world.kube.get(modules, {name: 'mock-accel', namespace})
    return metadata.labels?.['app.kubernetes.io/version']
  }
  const driverImage = async () => {
    const found = await orNothing(world.kube.get(daemonSets, {name: 'mock-device-dra-driver', namespace}))
    return (found?.spec as {template: {spec: {containers: {image: string}[]}}})?.template.spec.containers[0]
      ?.image
  }
  const image = (version: string) => `${world.owner}/mock-accel-dra-driver:v${version}`
  const ask = (name: string, more: Record<string, string> = {}) => {
    const requestedAt = new Date().toISOString()
    const annotations = {'reconcile.fluxcd.io/requestedAt': requestedAt, ...more}
    return world.kube.patch(releases, {name, namespace}, {type: 'merge', patch: {metadata: {annotations}}})
  }

  test('brings both releases to Ready, the driver after the module', async () => {
    world.withheld.add(`${world.owner}/mock-accel-module:v0.1.0-fc43`)
    await install(world.older)
    await expect.poll(() => state(driver), poll).toMatchObject(waiting)
    await expect.poll(() => state(module), poll).toMatchObject({ready: 'Unknown'})
    expect(await driverImage()).toBeUndefined()
    world.withheld.clear()
    await expect.poll(() => state(module), poll).toMatchObject(whole('0.2.0'))
    await expect.poll(() => state(driver), poll).toMatchObject(whole('0.2.0'))
    expect(await driverImage()).toBe(image('0.2.0'))
  })

  test('upgrades in lockstep: a node without a module for its kernel holds the driver back', async () => {
    await bootUncovered(world)
    await install(world.newer)
    await expect.poll(moduleVersion, poll).toBe('0.2.1')
    expect(await state(module)).toMatchObject({ready: 'Unknown'})
    await expect.poll(() => state(driver), poll).toMatchObject(waiting)
    expect(await driverImage()).toBe(image('0.2.0'))
    await bootSecond(world, kernels.covered)
    await expect.poll(() => state(driver), poll).toMatchObject(whole('0.2.1'))
    expect(await state(module)).toMatchObject(whole('0.2.1'))
    expect(await driverImage()).toBe(image('0.2.1'))
  })

  test('shows a value that the schema refuses', async () => {
    const set = (enabled: unknown) => ({
      type: 'merge' as const,
      patch: {spec: {values: {draDriver: {enabled}}}},
    })
    await world.kube.patch(releases, {name: driver, namespace}, set('yes'))
    await expect.poll(async () => (await state(driver)).message, poll).toContain('/draDriver/enabled')
    expect(await driverImage()).toBe(image('0.2.1'))
    await world.kube.patch(releases, {name: driver, namespace}, set(null))
    await ask(driver, {'reconcile.fluxcd.io/forceAt': new Date().toISOString()})
    await expect.poll(() => state(driver), poll).toMatchObject(whole('0.2.1'))
  })

  test('undoes what somebody changed by hand', async () => {
    await mustKubectl(world.plane, ['delete', 'deviceclass', 'mock-accel-pf'])
    const set = ['set', 'image', 'daemonset/mock-device-dra-driver', `driver=${image('0.2.0')}`]
    await mustKubectl(world.plane, [...set, '-n', namespace])
    await ask(driver)
    await expect.poll(driverImage, poll).toBe(image('0.2.1'))
    await expect
      .poll(() => world.plane.kubectl(['get', 'deviceclass', 'mock-accel-pf']), poll)
      .toMatchObject({code: 0})
  })

  test('rolls an upgrade back whose image nodes can’t pull, and goes on when asked', async () => {
    world.withheld.add(image('0.2.0'))
    await install(world.older, 'deploy/flux', impatient)
    await expect
      .poll(async () => conditionOf(await release(driver), 'Stalled')?.reason, poll)
      .toBe('RetriesExceeded')
    expect(conditionOf(await release(driver), 'Remediated')).toMatchObject({status: 'True'})
    expect(await driverImage()).toBe(image('0.2.1'))
    world.withheld.clear()
    // Once more where ten seconds were too few again.
    const asked = async () => {
      const now = new Date().toISOString()
      const again = {'reconcile.fluxcd.io/requestedAt': now, 'reconcile.fluxcd.io/resetAt': now}
      if (conditionOf(await release(driver), 'Stalled')?.status === 'True') await ask(driver, again)
      return state(driver)
    }
    await expect.poll(asked, {...poll, interval: 2000}).toMatchObject(whole('0.2.0'))
    expect(await driverImage()).toBe(image('0.2.0'))
  })

  test('leads through an emitted plan, hop by hop; an unhealthy hop is told by the root, which is the gate', async () => {
    await install(world.older)
    await expect.poll(() => state(driver), poll).toMatchObject(whole('0.2.0'))
    // Two owners would take turns.
    const suspend = {type: 'merge' as const, patch: {spec: {suspend: true}}}
    await world.kube.patch(releases, {name: driver, namespace}, suspend)
    const insecure = (text: string) => text.replace(/^( *)url: oci:.*$/m, '$&\n$1insecure: true')
    const site = await emittedSite('flux', world, '{}', insecure)
    const played = playJobs(world.kube)
    const system = 'flux-system'
    try {
      await mustKubectl(world.plane, ['create', 'namespace', 'upgrade'])
      const spec = {interval: '1m', url: `ssh://localhost${site.folder}`, ref: {branch: 'main'}}
      const metadata = {name: system, namespace: system}
      const repository = {apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository', metadata, spec}
      world.withheld.add(image('0.2.1'))
      await apply(repository, site.text('root.yaml'))
      const root = async () => {
        const found = await world.kube.get(kustomizations, {name: 'upgrade-example', namespace: system})
        const {observedGeneration} = (found.status ?? {}) as {observedGeneration?: number}
        return {
          ready: conditionOf(found, 'Ready')?.status,
          now: observedGeneration === found.metadata.generation,
        }
      }
      const jobs = async () => {
        const list = await mustKubectl(world.plane, ['get', 'jobs', '-n', 'upgrade', '-o', 'name'])
        return list.split('\n').filter(Boolean)
      }
      await expect.poll(driverImage, poll).toBe(image('0.2.1'))
      // As long as one cares to look: neither does the hop's own next stage begin, nor does the root say that it is over.
      await sleep(4000)
      expect((await root()).ready).not.toBe('True')
      expect(await jobs()).toEqual([])
      world.withheld.clear()
      await expect.poll(root, poll).toEqual({ready: 'True', now: true})
      expect(await jobs()).toEqual([`job.batch/${site.job('1-2')}`])
      await apply(site.text('root.yaml', 2))
      await expect.poll(jobs, poll).toContain(`job.batch/${site.job('2-1')}`)
      await expect.poll(root, poll).toEqual({ready: 'True', now: true})
      expect(await driverImage()).toBe(image('0.2.1'))
    } finally {
      world.withheld.clear()
      const gone = async (kind: string, ...which: string[]) =>
        mustKubectl(world.plane, ['delete', kind, '-n', system, '--ignore-not-found', ...which])
      await gone('kustomizations.kustomize.toolkit.fluxcd.io', '--all')
      await gone('helmrelease', driver)
      await played.stop()
      await site.remove()
    }
  })

  test('takes the manifests artifact as a Kustomization, and upgrades it', async () => {
    await mustKubectl(world.plane, ['delete', 'helmrelease', driver, module, '-n', namespace])
    await mustKubectl(world.plane, ['delete', 'daemonsets', '--all', '-n', namespace])
    for (const release of [world.older, world.newer]) {
      await install(release, 'deploy/flux-manifests')
      const ready = async () => {
        const object = await world.kube.get(kustomizations, {name: driver, namespace: 'flux-system'})
        const {lastAppliedRevision} = (object.status ?? {}) as {lastAppliedRevision?: string}
        return {ready: conditionOf(object, 'Ready'), revision: lastAppliedRevision}
      }
      const revision = expect.stringMatching(new RegExp(`^v${release.version}@sha256:`))
      await expect.poll(ready, poll).toMatchObject({ready: {status: 'True'}, revision})
      expect(await driverImage()).toBe(image(release.version))
    }
  })
})
