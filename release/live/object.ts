import {fail} from '#lib/diagnostics.ts'
import {at, listAt, textAt} from '../lib/fields.ts'
import {type Kube, KubeError, orNothing} from '../lib/kube.ts'

/**
 * One field of a live object, as bindings name it: `nodes/gpu-1` or `kubevirts.kubevirt.io/NAMESPACE/NAME`, and a path
 * such as `status.conditions[0].type`.
 * @throws DiagnosticError Z131 there is no such resource, object or field
 */
export async function readObjectField(kube: Kube, object: string, path: string): Promise<string> {
  const [kind = '', ...names] = object.split('/')
  const name = names.at(-1)
  const [namespace] = names.length === 2 ? names : []
  if (name === undefined || names.length > 2)
    nothing(object, 'it is not PLURAL.GROUP/NAMESPACE/NAME or PLURAL.GROUP/NAME')
  const [word = '', ...rest] = kind.split('.')
  const group = rest.join('.')
  const resource = await resourceOf(kube, group, word).catch(error => refused(object, error))
  if (!resource) nothing(object, `the cluster serves no ${kind}`)
  const found = await orNothing(
    kube.get(resource, {name, ...(namespace === undefined ? {} : {namespace})}),
  ).catch(error => refused(object, error))
  if (!found) nothing(object, 'there is no such object')
  const value = at(found, ...keysOf(path))
  if (typeof value !== 'string' && typeof value !== 'number') nothing(object, `it has no field ${path}`)
  return String(value)
}

/** By discovery, in the version that the group prefers; the word is the plural, the singular or the kind. */
async function resourceOf(kube: Kube, group: string, word: string) {
  const about = group === '' ? undefined : await orNothing(kube.json(`/apis/${group}`))
  const version = group === '' ? 'v1' : textAt(about, 'preferredVersion', 'version')
  if (version === undefined) return undefined
  const served = await kube.json(group === '' ? `/api/${version}` : `/apis/${group}/${version}`)
  const found = listAt(served, 'resources').find(resource =>
    [
      textAt(resource, 'name'),
      textAt(resource, 'singularName'),
      textAt(resource, 'kind')?.toLowerCase(),
    ].includes(word),
  )
  const plural = textAt(found, 'name')
  return plural === undefined ? undefined : {group, version, plural}
}

function keysOf(path: string): (string | number)[] {
  return path
    .replace(/^\./, '')
    .split(/\.|(?=\[)/)
    .map(key => (/^\[\d+\]$/.test(key) ? Number(key.slice(1, -1)) : key))
}

function refused(object: string, error: unknown): never {
  if (!(error instanceof KubeError)) throw error
  nothing(object, error.message)
}

function nothing(object: string, why: string): never {
  fail({
    code: 'Z131',
    message: `${object}: ${why}`,
    hint: 'mend `at.object` of the bindings; kubectl get takes the same names',
  })
}
