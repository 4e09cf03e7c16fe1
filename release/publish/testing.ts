/** A registry in memory for tests, and what its consumers see. */
import {expect} from 'vitest'
import {
  type Fault,
  type RegistryRequest,
  type RegistryServer,
  startRegistry,
} from '#testbed/registry/server.ts'
import type {Fetch} from '../lib/effects.ts'
import type {Target} from '../lib/oci/target.ts'
import {registryTarget} from '../lib/registry/registry.ts'

export const targetOf = (server: RegistryServer, fetch: Fetch = globalThis.fetch): Target =>
  registryTarget({
    host: server.host,
    origin: `http://${server.host}`,
    prefix: 'acme',
    fetch,
    credentials: async () => undefined,
    retry: {first: 0, most: 1, sleep: async () => {}},
  })

/** What a registry holds, for comparison. */
export const contents = ({repositories}: RegistryServer) =>
  Object.fromEntries(
    [...repositories].map(([name, {blobs, manifests, tags}]) => [
      name,
      {
        blobs: [...blobs.keys()].sort(),
        manifests: [...manifests.keys()].sort(),
        tags: Object.fromEntries([...tags].sort()),
      },
    ]),
  )

export async function withRegistry<T>(
  work: (server: RegistryServer) => Promise<T>,
  fault?: (r: RegistryRequest) => Fault | undefined,
): Promise<T> {
  const server = await startRegistry(fault ? {fault} : {})
  try {
    return await work(server)
  } finally {
    await server.close()
  }
}

/** Consumers never see a tag whose content is missing, nor a chart before its images. */
export function expectWhole({repositories}: RegistryServer): void {
  for (const {tags, manifests, blobs} of repositories.values())
    for (const digest of tags.values()) {
      const manifest = JSON.parse(manifests.get(digest)?.bytes.toString() ?? 'null')
      for (const part of [...(manifest.layers ?? []), ...(manifest.config ? [manifest.config] : [])])
        expect(blobs.has(part.digest)).toBe(true)
      for (const below of manifest.manifests ?? []) expect(manifests.has(below.digest)).toBe(true)
    }
  const tagsOf = (name: string) => repositories.get(`acme/${name}`)?.tags.size ?? 0
  if (tagsOf('charts/mock-device') > 0) expect(tagsOf('mock-accel-module')).toBeGreaterThan(0)
}
