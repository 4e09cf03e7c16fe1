import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type ControlPlane, mustKubectl, startControlPlane} from '#testbed/cluster/control-plane.ts'
import {startKmm} from '#testbed/cluster/kmm.ts'
import {type Server, until} from '#testbed/cluster/processes.ts'
import {needTools} from '#testbed/needs.ts'
import {customResources} from '#testbed/tools/crds.ts'
import {siteObjects} from '../chart/objects.ts'
import {chart, earlierChart} from '../chart/test-cluster.ts'
import {kubeconform} from '../chart/test-kubeconform.ts'
import {runHelm, sampleChart, sampleData} from '../chart/testing.ts'

const tools = await needTools('kubectl', 'kube-apiserver', 'kmm', 'helm3', 'helm4', 'kubeconform')
const repository = join(import.meta.dirname, '../../..')
const wanted = siteObjects(sampleData).find(one => one.kind === 'Module')

describe.skipIf(!tools)('an API server with KMM', () => {
  let plane: ControlPlane
  let kmm: Server
  let sample: Awaited<ReturnType<typeof sampleChart>>
  beforeAll(async () => {
    sample = await sampleChart(sampleData)
    plane = await startControlPlane()
    kmm = await startKmm(plane)
  })
  afterAll(async () => {
    await kmm?.stop()
    await plane?.stop()
    await sample?.remove()
  })

  const helm = async (name: 'helm3' | 'helm4', args: string[], values?: object) => {
    const {code, stdout, stderr} = await runHelm(tools?.[name] ?? '', args, values, plane.kubeconfig)
    if (code !== 0) throw new Error(stderr)
    return stdout
  }
  const moduleIn = async (namespace: string) =>
    JSON.parse(await mustKubectl(plane, ['get', 'module', 'sample', '-n', namespace, '-o', 'json']))

  test('takes deploy/rendered as it lies in the repository', async () => {
    await mustKubectl(plane, ['apply', '-k', join(repository, 'deploy/rendered')])
    const labels = await mustKubectl(plane, [
      'get',
      'namespace',
      'mock-device',
      '-o',
      'jsonpath={.metadata.labels.pod-security\\.kubernetes\\.io/enforce}',
    ])
    expect(labels).toBe('privileged')
    const again = await mustKubectl(plane, ['apply', '-k', join(repository, 'deploy/rendered')])
    expect(again.trim().split('\n')).toEqual(
      again
        .trim()
        .split('\n')
        .filter(line => line.endsWith('unchanged')),
    )
    // Not Helm's, which would refuse to install over them.
    const kinds =
      'clusterroles,clusterrolebindings,deviceclasses,validatingadmissionpolicies,validatingadmissionpolicybindings'
    await mustKubectl(plane, ['delete', kinds, '-l', 'app.kubernetes.io/instance=mock-device'])
  })

  test('upgrades from a chart of 0.1’s shape, with its values', async () => {
    const at = ['-n', 'earlier']
    const old = {
      repository: 'registry.test/mirror/mock-accel-dra-driver',
    }
    const values = {draDriver: {controller: {image: old, rescanInterval: '60s'}, nodeAgent: {image: old}}}
    const before = await earlierChart(plane.folder)
    await mustKubectl(plane, ['create', 'namespace', 'earlier'])
    await helm('helm4', ['install', 'mock-device', before, ...at], values)
    // Helm would remove what it made and the new chart has not; the upgrade guide says so.
    await mustKubectl(plane, ['annotate', 'namespace', 'mock-accel', 'helm.sh/resource-policy=keep'])
    const notes = await helm('helm4', ['upgrade', 'mock-device', chart, ...at, '--reset-then-reuse-values'])
    expect(notes).toContain('draDriver.controller.rescanInterval')

    const get = async (kind: string, ...more: string[]) =>
      JSON.parse(await mustKubectl(plane, ['get', kind, ...more, '-o', 'json']))
    const names = async (kind: string) =>
      ((await get(kind, ...at)).items as {metadata: {name: string}}[]).map(one => one.metadata.name)
    expect(await names('daemonsets')).toEqual(['mock-device-dra-driver'])
    expect(await names('serviceaccounts')).toEqual(['mock-device-dra-driver'])
    expect(await names('deviceclasses')).toEqual([
      'mock-accel-pf',
      'mock-accel-vf',
      'numa-aware-pf',
      'numa-aware-vf',
    ])
    const [container] = (await get('daemonset', 'mock-device-dra-driver', ...at)).spec.template.spec
      .containers
    expect(container.image).toMatch(/^registry\.test\/mirror\/mock-accel-dra-driver:v\d/)
    expect(container.args).toContain('--rescan-interval=60')
    await get('namespace', 'mock-accel')
    await helm('helm4', ['uninstall', 'mock-device', ...at])
    expect(await names('daemonsets,deviceclasses')).toEqual([])
  })

  test.each(['helm3', 'helm4'] as const)('%s installs, upgrades and removes the chart', async name => {
    const values = {kernelModule: {enabled: true}}
    const at = ['-n', name]
    const dry = ['install', 'mock-device', sample.chart, ...at, '--create-namespace', '--dry-run=server']
    await helm(name, dry, values)
    const notes = await helm(
      name,
      ['install', 'mock-device', sample.chart, ...at, '--create-namespace'],
      values,
    )
    expect(notes).toContain(`kubectl get module sample -n ${name}`)
    expect((await moduleIn(name)).spec).toEqual(wanted?.spec)

    const extra = {literal: '6.1.0-1', containerImage: 'registry.test/x:1'}
    const more = {kernelModule: {extraKernelMappings: [extra], orderedUpgrade: {enabled: false}}}
    await helm(name, ['upgrade', 'mock-device', sample.chart, ...at, '--reset-then-reuse-values'], more)
    const {kernelMappings} = (await moduleIn(name)).spec.moduleLoader.container
    expect(kernelMappings.at(-1)).toEqual(extra)

    await helm(name, ['uninstall', 'mock-device', ...at])
    await mustKubectl(plane, ['wait', '--for=delete', 'module/sample', ...at, '--timeout=30s'])
  })

  test.each([
    ['flux', 'flux', '-k'],
    ['flux-manifests', 'flux', '-k'],
    ['argocd', 'argocd', '-f'],
    ['argocd-manifests', 'argocd', '-f'],
  ] as const)('takes deploy/%s, field by field', async (name, engine, how) => {
    await mustKubectl(plane, ['apply', '--server-side', '-f', await customResources(engine)])
    for (const namespace of ['argocd', 'flux-system']) await plane.kubectl(['create', 'namespace', namespace])
    const folder = join(repository, 'deploy', name)
    // Definitions are served some time after they were taken.
    let last = ''
    await until('the new kinds', async () => {
      last = (await plane.kubectl(['apply', '--validate=strict', how, folder])).stderr
      return !/no matches for kind|could not find the requested resource/.test(last)
    })
    expect(last).not.toMatch(/error|invalid|unknown/i)
    await mustKubectl(plane, ['diff', how, folder])
  })

  test('kubeconform knows every field of chart and manifests', async () => {
    const everything = {
      // This KMM does not know PreflightValidation's v1beta2.
      kernelModule: {enabled: true},
      draDriver: {networkPolicy: {apiServerPorts: [6443]}, metrics: {interval: '1m'}},
    }
    const args = ['template', 'mock-device', chart, '-n', 'mock-device', '--kube-version', '1.36.0']
    const rendered = await helm('helm4', args, everything)
    const kustomized = ['flux', 'flux-manifests', 'rendered'].map(name =>
      mustKubectl(plane, ['kustomize', join(repository, 'deploy', name)]),
    )
    const plain = ['argocd', 'argocd-manifests'].flatMap(name => {
      const folder = join(repository, 'deploy', name)
      return readdirSync(folder).map(file => readFileSync(join(folder, file), 'utf8'))
    })
    const all = [rendered, ...(await Promise.all(kustomized)), ...plain]
    const {ok, output} = await kubeconform(plane, all.join('\n---\n'))
    expect(ok, output).toBe(true)
    expect(output).toMatch(/Invalid: 0, Errors: 0, Skipped: 0/)
    const wrong = await kubeconform(plane, rendered.replace('maxSurge', 'maxSurges'))
    expect(wrong.output).toContain('maxSurges')
  })

  // A later KMM knows the field; this one shows what a release without it does, as the value's description says.
  test('spec.dra is dropped without a word where KMM does not know it', async () => {
    const values = {kernelModule: {enabled: true, dra: {enabled: true}}}
    const at = ['-n', 'default', '-s', 'templates/module.yaml', '--kube-version', '1.36.0']
    const stdin = await helm('helm4', ['template', 'mock-device', chart, ...at], values)
    const strict = await plane.kubectl(['apply', '--validate=strict', '-f', '-'], {stdin})
    expect(strict.stderr).toContain('unknown field "spec.dra"')
    await mustKubectl(plane, ['apply', '--validate=ignore', '-f', '-'], stdin)
    const kept = ['get', 'module', 'mock-accel', '-n', 'default', '-o', 'jsonpath={.spec}']
    expect(Object.keys(JSON.parse(await mustKubectl(plane, kept))).sort()).toEqual([
      'moduleLoader',
      'selector',
    ])
  })

  test('the notes tell how an ordered upgrade goes on', async () => {
    const values = {kernelModule: {enabled: true, orderedUpgrade: {enabled: true}}}
    const args = ['install', 'mock-device', sample.chart, '-n', 'mock-device', '--dry-run=client']
    expect(await helm('helm4', args, values)).toContain('version-module.mock-device.sample=9.8.7')
  })
})
