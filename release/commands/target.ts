import {resolve} from 'node:path'
import {openTarget as open} from '../effects/open-target.ts'
import type {Target} from '../lib/oci/target.ts'
import type {Args, Context} from './command.ts'

/**
 * Opens `oci:DIR` or `oci-archive:FILE` (from where the user stands) or `REGISTRY/PREFIX`; credentials are those of `docker login`.
 * @throws R009 it is neither
 */
export function openTarget(text: string, args: Args, context: Context): Target {
  const {files, exec, env, cwd} = context
  const [, kind, path] = /^(oci|oci-archive):(?!\/\/)(.+)$/s.exec(text) ?? []
  const place = kind && path ? `${kind}:${resolve(cwd, path)}` : text
  return open(place, {files, exec, fetch, env}, {plainHttp: args.flag('plain-http')})
}

/** Whether a target is a folder of this machine, which may be written without asking. */
export function isLayout(text: string): boolean {
  return text.startsWith('oci:') && text !== 'oci:' && !text.startsWith('oci://')
}

/** The file that a target names; undefined when it names something else. */
export function archiveFile(text: string, context: Context): string | undefined {
  const path = /^oci-archive:(.+)$/s.exec(text)?.[1]
  return path === undefined ? undefined : resolve(context.cwd, path)
}
