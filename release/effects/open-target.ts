import type {Exec, Fetch, Files} from '../lib/effects.ts'
import {archiveTarget} from '../lib/oci/archive.ts'
import {layoutTarget} from '../lib/oci/layout.ts'
import type {Target} from '../lib/oci/target.ts'
import {dockerCredentials} from '../lib/registry/docker-config.ts'
import {parseTarget, type ReferenceOptions} from '../lib/registry/reference.ts'
import {registryTarget} from '../lib/registry/registry.ts'
import type {RetryOptions} from '../lib/registry/retry.ts'

export type TargetWorld = {files: Files; exec: Exec; fetch: Fetch; env: Record<string, string | undefined>}
export type OpenOptions = ReferenceOptions & {concurrency?: number; retry?: Partial<RetryOptions>}

/**
 * The place that a user named: `oci:DIR`, `oci-archive:FILE` or `REGISTRY/PREFIX`. Nothing is touched before it is used.
 * @throws R009 when the text names no place
 */
export function openTarget(text: string, world: TargetWorld, options: OpenOptions = {}): Target {
  const reference = parseTarget(text, options)
  if (reference.kind === 'layout') return layoutTarget(world.files, reference.dir)
  if (reference.kind === 'archive') return archiveTarget(world.files, reference.file)
  return registryTarget({
    ...reference,
    fetch: world.fetch,
    credentials: dockerCredentials(world),
    ...(options.concurrency === undefined ? {} : {concurrency: options.concurrency}),
    ...(options.retry === undefined ? {} : {retry: options.retry}),
  })
}
