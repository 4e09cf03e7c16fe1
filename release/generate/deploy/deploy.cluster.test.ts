import {execFile} from 'node:child_process'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {toYaml} from '#lib/yaml-out.ts'
import {type ControlPlane, mustKubectl, startControlPlane} from '#testbed/cluster/control-plane.ts'
import {startKmm} from '#testbed/cluster/kmm.ts'
import {type Server, until} from '#testbed/cluster/processes.ts'
import {needTools} from '#testbed/needs.ts'
import {customResources} from '#testbed/tools/crds.ts'
import {siteObjects} from '../chart/objects.ts'
import {sampleChart, sampleData} from '../chart/testing.ts'

const tools = await needTools('kubectl', 'kube-apiserver', 'kmm', 'helm3', 'helm4')
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

  const helm = (name: 'helm3' | 'helm4', args: string[], values?: object) =>
    new Promise<string>((resolve, reject) => {
      const env = {HOME: plane.folder, PATH: '', KUBECONFIG: plane.kubeconfig}
      const child = execFile(
        tools?.[name] ?? '',
        [...args, ...(values ? ['-f', '-'] : [])],
        {env},
        (error, stdout, stderr) => (error ? reject(new Error(stderr || error.message)) : resolve(stdout)),
      )
      child.stdin?.end(toYaml(values ?? {}))
    })
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
    ['flux', '-k'],
    ['argocd', '-f'],
  ] as const)('takes deploy/%s, field by field', async (engine, how) => {
    await mustKubectl(plane, ['apply', '--server-side', '-f', await customResources(engine)])
    await plane.kubectl(['create', 'namespace', 'argocd'])
    const folder = join(repository, 'deploy', engine)
    // Definitions are served some time after they were taken.
    let last = ''
    await until('the new kinds', async () => {
      last = (await plane.kubectl(['apply', '--validate=strict', how, folder])).stderr
      return !/no matches for kind|could not find the requested resource/.test(last)
    })
    expect(last).not.toMatch(/error|invalid|unknown/i)
    await mustKubectl(plane, ['diff', how, folder])
  })

  test('the notes tell how an ordered upgrade goes on', async () => {
    const values = {kernelModule: {enabled: true, orderedUpgrade: {enabled: true}}}
    const args = ['install', 'mock-device', sample.chart, '-n', 'mock-device', '--dry-run=client']
    expect(await helm('helm4', args, values)).toContain('version-module.mock-device.sample=9.8.7')
  })
})
