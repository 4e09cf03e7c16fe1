import {execFile} from 'node:child_process'
import {mkdtemp, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {toYaml} from '#lib/yaml-out.ts'
import {moduleHealth} from '#release/generate/deploy/argocd.ts'
import {orNothing} from '#release/lib/kube.ts'
import {mustKubectl} from '../cluster/control-plane.ts'
import type {Server} from '../cluster/processes.ts'
import {needTools} from '../needs.ts'
import {startArgocd} from './argocd.ts'
import type {PublishedRelease} from './test-releases.ts'
import {bootSecond, bootUncovered, guideFile, kernels, startWorld, type World} from './testing.ts'

const tools = await needTools(
  ...(['kubectl', 'kube-apiserver', 'kmm', 'helm3', 'kustomize', 'argocd', 'argocd-redis'] as const),
)

const [namespace, name] = ['mock-device', 'mock-device']
const applications = {group: 'argoproj.io', version: 'v1alpha1', plural: 'applications'}
const daemonSets = {group: 'apps', version: 'v1', plural: 'daemonsets'}
const poll = {timeout: 120_000, interval: 100}
const waiting = {phase: 'Running', message: expect.stringContaining('kmm.sigs.x-k8s.io/Module/mock-accel')}
const settled = {sync: 'Synced', health: 'Healthy'}

type Status = {
  sync?: {status: string; revision: string}
  health?: {status: string}
  operationState?: {phase: string; message: string}
  resources?: {kind: string; name: string; health?: {status: string; message?: string}}[]
}

describe.skipIf(!tools)('Argo CD', () => {
  let world: World
  let argocd: Server
  beforeAll(async () => {
    world = await startWorld()
    argocd = await startArgocd(world.plane)
    const secret = await guideFile('repository.yaml')
    for (const repository of ['charts/mock-device', 'mock-device-manifests']) {
      const name = `repository-${repository.replace('/', '-')}`
      const own = secret
        .replace(/oci:.*/, `oci://${world.owner}/${repository}`)
        .replace(/repository-.*/, name)
      await mustKubectl(world.plane, ['apply', '-f', '-'], own)
    }
    const files = ['configmap-argocd-cm', 'appproject-mock-device'].map(one => `deploy/argocd/${one}.yaml`)
    // As the guide says: the ConfigMap is Argo CD's own, and gets one key more.
    const text = files.map(file => world.older.text(file)).join('---\n')
    await mustKubectl(world.plane, ['apply', '--server-side', '-f', '-'], text)
  })
  afterAll(async () => {
    await argocd?.stop()
    await world?.stop()
  })

  const apply = (release: PublishedRelease, folder: string) =>
    mustKubectl(world.plane, ['apply', '-f', '-'], release.text(`${folder}/application-mock-device.yaml`))
  const status = async () =>
    ((await world.kube.get(applications, {name, namespace: 'argocd'})).status ?? {}) as Status
  const state = async () => {
    const {sync, health, operationState} = await status()
    return {
      sync: sync?.status,
      health: health?.status,
      phase: operationState?.phase,
      message: operationState?.message,
      image: await driverImage(),
    }
  }
  const driverImage = async () => {
    const found = await orNothing(world.kube.get(daemonSets, {name: 'mock-device-dra-driver', namespace}))
    return (found?.spec as {template: {spec: {containers: {image: string}[]}}})?.template.spec.containers[0]
      ?.image
  }
  const image = (version: string) => `${world.owner}/mock-accel-dra-driver:v${version}`

  test('waits in the module’s wave for a node that gets no module, then syncs the driver', async () => {
    await bootSecond(world, kernels.uncovered)
    await apply(world.older, 'deploy/argocd')
    await expect.poll(state, poll).toMatchObject({...waiting, image: undefined})
    await bootSecond(world, kernels.covered)
    await expect.poll(state, poll).toMatchObject({...settled, phase: 'Succeeded', image: image('0.2.0')})
  })

  test('upgrades by the Application of the next release, the module first', async () => {
    await bootUncovered(world)
    await apply(world.newer, 'deploy/argocd')
    await expect.poll(state, poll).toMatchObject({...waiting, image: image('0.2.0')})
    await bootSecond(world, kernels.covered)
    await expect.poll(state, poll).toMatchObject({...settled, image: image('0.2.1')})
  })

  test('rolls back by the Application of the former release', async () => {
    await apply(world.older, 'deploy/argocd')
    await expect.poll(state, poll).toMatchObject({...settled, image: image('0.2.0')})
  })

  test('undoes what somebody changed by hand', async () => {
    const set = ['set', 'image', 'daemonset/mock-device-dra-driver', `driver=${image('0.2.1')}`]
    await mustKubectl(world.plane, [...set, '-n', namespace])
    await expect.poll(state, poll).toMatchObject({...settled, image: image('0.2.0')})
  })

  test('takes the manifests artifact in place of the chart, and finds nothing to change', async () => {
    const before = await world.kube.get(daemonSets, {name: 'mock-device-dra-driver', namespace})
    await apply(world.older, 'deploy/argocd-manifests')
    const source = async () =>
      (await world.kube.get(applications, {name, namespace: 'argocd'})).status as {
        sync: {comparedTo: {source: {repoURL: string}}}
      }
    const url = async () => (await source()).sync.comparedTo.source.repoURL
    await expect.poll(url, poll).toContain('mock-device-manifests')
    await expect.poll(state, poll).toMatchObject({...settled, image: image('0.2.0')})
    const after = await world.kube.get(daemonSets, {name: 'mock-device-dra-driver', namespace})
    expect(after.metadata.generation).toBe(before.metadata.generation)
    await apply(world.newer, 'deploy/argocd-manifests')
    await expect.poll(state, poll).toMatchObject({...settled, image: image('0.2.1')})
  })
})

describe.skipIf(!tools)('the health of a Module, as `argocd admin` says it', () => {
  let dir: string
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'health-'))
    await symlink(tools?.argocd ?? '', join(dir, 'argocd'))
    const data = {'resource.customizations.health.kmm.sigs.x-k8s.io_Module': moduleHealth}
    const config = {apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'argocd-cm'}, data}
    await writeFile(join(dir, 'cm.yaml'), toYaml(config))
  })
  afterAll(() => rm(dir, {recursive: true, force: true}))

  test.each([
    ['KMM has not looked yet', undefined, undefined, 'Progressing'],
    ['no node matches', {}, undefined, 'Healthy'],
    ['images are still being checked', {selected: 3}, undefined, 'Progressing'],
    ['nodes are loading', {selected: 3, desired: 3, loaded: 1}, undefined, 'Progressing'],
    ['all have loaded', {selected: 3, desired: 3, loaded: 3}, undefined, 'Healthy'],
    ['one kernel is not covered', {selected: 3, desired: 2, loaded: 2}, undefined, 'Progressing'],
    ['one node has no version label', {selected: 3, desired: 2, loaded: 2}, '1.2.3', 'Healthy'],
  ] as [
    string,
    {selected?: number; desired?: number; loaded?: number} | undefined,
    string | undefined,
    string,
  ][])('when %s', async (_, counts, version, expected) => {
    const moduleLoader = counts && {
      nodesMatchingSelectorNumber: counts.selected,
      desiredNumber: counts.desired,
      availableNumber: counts.loaded,
    }
    const object = {
      apiVersion: 'kmm.sigs.x-k8s.io/v1beta1',
      kind: 'Module',
      metadata: {name: 'mock-accel', namespace},
      spec: {moduleLoader: {container: {version}}},
      status: moduleLoader ? {moduleLoader} : {},
    }
    const path = join(dir, 'module.json')
    await writeFile(path, JSON.stringify(object))
    const args = [
      'admin',
      'settings',
      'resource-overrides',
      'health',
      path,
      '--argocd-cm-path',
      join(dir, 'cm.yaml'),
    ]
    const env = {...process.env, HOME: dir}
    const {stdout} = await promisify(execFile)(join(dir, 'argocd'), args, {env})
    expect(stdout).toContain(`STATUS: ${expected}`)
  })
})
