import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type ControlPlane, mustKubectl, startControlPlane} from '../cluster/control-plane.ts'
import {startKmm} from '../cluster/kmm.ts'
import type {Server} from '../cluster/processes.ts'
import {needTools} from '../needs.ts'
import {type DockerRegistry, startDockerRegistry} from '../registry/docker-registry.ts'
import {type PublishedRelease, publishRelease} from './test-releases.ts'
import {manifestOf} from './testing.ts'

const tools = await needTools('kubectl', 'kube-apiserver', 'kmm')

describe.skipIf(!tools)('KMM’s PreflightValidation', () => {
  let dir: string
  let registry: DockerRegistry
  let plane: ControlPlane
  let kmm: Server
  let release: PublishedRelease
  let image: string
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'preflight-'))
    registry = await startDockerRegistry(join(dir, 'registry'))
    release = await publishRelease('0.2.0', `${registry.host}/owner`, join(dir, 'dist'))
    plane = await startControlPlane()
    kmm = await startKmm(plane)
    const repository = `${registry.host}/owner/mock-accel-module`
    const index = await manifestOf(`${repository}:v0.2.0-${release.kernel.replaceAll('+', '_')}`)
    const {manifests} = (await index.json()) as {manifests: {digest: string}[]}
    // KMM 1.1 follows Docker's lists only, not OCI's indexes; 2.x leaves images to the container runtime.
    image = `${repository}@${manifests[0]?.digest}`
  })
  afterAll(async () => {
    await kmm?.stop()
    await plane?.stop()
    await registry?.stop()
    await rm(dir, {recursive: true, force: true})
  })

  /** Asks KMM whether the Module `probe`, whose mapping takes every kernel, has a module for this one. */
  const verdict = async (name: string, kernelVersion: string) => {
    const request = {apiVersion: 'kmm.sigs.x-k8s.io/v1beta1', kind: 'PreflightValidation', metadata: {name}}
    const stdin = JSON.stringify({...request, spec: {kernelVersion}})
    await mustKubectl(plane, ['apply', '-f', '-'], stdin)
    const status = async () => {
      const found = await mustKubectl(plane, ['get', 'preflightvalidation', name, '-o', 'json'])
      const {statusReason, verificationStatus} = JSON.parse(found).status?.crStatuses?.probe ?? {}
      return statusReason ? {statusReason, verificationStatus} : undefined
    }
    await expect.poll(status, {timeout: 120_000, interval: 100}).toBeDefined()
    return status()
  }

  test('finds the module in the published image of its kernel, and in none for another', async () => {
    const module = {
      apiVersion: 'kmm.sigs.x-k8s.io/v1beta1',
      kind: 'Module',
      metadata: {name: 'probe', namespace: 'default'},
      spec: {
        selector: {probe: 'yes'},
        moduleLoader: {
          container: {
            // KMM 1.1 looks for the file of this name; modprobe takes either spelling.
            modprobe: {moduleName: 'mock-accel', dirName: '/opt'},
            kernelMappings: [{regexp: '.', containerImage: image, registryTLS: {insecure: true}}],
          },
        },
      },
    }
    await mustKubectl(plane, ['apply', '-f', '-'], JSON.stringify(module))
    expect(await verdict('released', release.kernel)).toEqual({
      verificationStatus: 'True',
      statusReason: expect.stringContaining('image accessible and verified'),
    })
    expect(await verdict('other', '6.12.1+deb13-amd64')).toEqual({
      verificationStatus: 'False',
      statusReason: expect.stringContaining('does not contain kernel module for kernel 6.12.1+deb13-amd64'),
    })
  })
})
