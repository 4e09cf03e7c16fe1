import {type Diagnostic, DiagnosticError} from '#lib/diagnostics.ts'
import {collect} from '../lib/bytes.ts'
import {digestOf} from '../lib/digest.ts'
import {gunzip} from '../lib/gzip.ts'
import type {Descriptor} from '../lib/oci/descriptor.ts'
import {parseManifest} from '../lib/oci/manifest.ts'
import type {Repository, Target} from '../lib/oci/target.ts'
import {splitSignature} from '../lib/signing/module-signature.ts'
import {untar} from '../lib/untar.ts'
import type {Digests} from './staged.ts'

type Listed = NonNullable<Digests['modules']>[number]

/**
 * Compares the kernel modules in images with the digests that the release lists for them, which are those of the
 * modules before they were signed: so everybody can build a module and see whether the published one is the same.
 * @returns what differs, and which modules no image holds
 */
export async function verifyModules(target: Target, digests: Digests): Promise<Diagnostic[]> {
  const {artifacts, modules = [], signature} = digests
  const problems: Diagnostic[] = []
  const held = new Set<string>()
  for (const {repository: name, digest} of modules.length > 0 ? artifacts : []) {
    const repository = target.repository(name)
    try {
      const root = await manifestOf(repository, digest)
      const kernel = root?.annotations['dev.lockstep.kernel']
      const wanted = modules.filter(m => m.kernel === kernel)
      for (const below of wanted.length > 0 ? (root?.manifests ?? []) : [])
        for (const [module, data] of await modulesIn(repository, below, wanted)) {
          held.add(module.id)
          const problem = compared(module, data, signature !== undefined)
          if (problem) problems.push(different(`${repository.name}@${digest}: ${problem}`))
        }
    } catch (error) {
      // What can't be read is told by whoever checks the image as a whole.
      if (!(error instanceof DiagnosticError)) throw error
    }
  }
  for (const {id} of modules)
    if (!held.has(id)) problems.push(different(`digests.json lists ${id}, which no image holds`))
  return problems
}

async function manifestOf(repository: Repository, digest: string) {
  const found = await repository.readManifest(digest)
  return found && parseManifest(found.bytes, found.descriptor.mediaType, `${repository.name}@${digest}`)
}

/** The modules that lie in an image's layers, the last layer that has one first: it covers the others. */
async function modulesIn(
  repository: Repository,
  image: Descriptor,
  wanted: readonly Listed[],
): Promise<Map<Listed, Buffer>> {
  const found = new Map<Listed, Buffer>()
  const {layers = []} = (await manifestOf(repository, image.digest)) ?? {}
  for (const layer of layers.toReversed()) {
    if (found.size === wanted.length) break
    const name = `${repository.name}@${layer.digest}`
    const archive = gunzip(await collect(repository.readBlob(layer).open()), name)
    for (const {path, data} of untar(archive, name)) {
      const module = wanted.find(m => path === `opt/lib/modules/${m.kernel}/${m.file}`)
      if (module && !found.has(module)) found.set(module, data)
    }
  }
  return found
}

function compared({id, digest}: Listed, data: Buffer, signed: boolean): string | undefined {
  const parts = splitSignature(data)
  if (signed && !parts) return `${id} is not signed, as digests.json says it is`
  if (!signed && parts) return `${id} is signed, of which digests.json does not speak`
  const found = digestOf(parts?.module ?? data)
  return found === digest ? undefined : `${id} is ${found} without signature; digests.json says ${digest}`
}

function different(message: string): Diagnostic {
  return {
    code: 'P036',
    severity: 'error',
    message,
    hint: 'build the release again from its commit; if it still differs, do not load this module',
  }
}
