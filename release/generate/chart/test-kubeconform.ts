import {execFile} from 'node:child_process'
import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {type ControlPlane, mustKubectl} from '#testbed/cluster/control-plane.ts'
import {tool} from '#testbed/tools/tool.ts'

type Schema = {[keyword: string]: unknown; properties?: Record<string, Schema>}
type Kind = {group: string; version: string; kind: string}

/**
 * Judges manifests by kubeconform, strictly: with the kinds that this API server knows, custom ones too, and without
 * any network. Answers what it says, and whether all was well.
 */
export async function kubeconform(plane: ControlPlane, text: string): Promise<{ok: boolean; output: string}> {
  const folder = await writeSchemas(plane)
  const location = join(folder, '{{.Group}}-{{.ResourceAPIVersion}}-{{.ResourceKind}}.json')
  const args = ['-strict', '-summary', '-schema-location', location, '-']
  const program = await tool('kubeconform')
  return new Promise(resolve => {
    const child = execFile(program, args, {maxBuffer: 16 << 20}, (error, stdout, stderr) =>
      resolve({ok: !error, output: stdout + stderr}),
    )
    child.stdin?.end(text)
  })
}

async function writeSchemas(plane: ControlPlane): Promise<string> {
  const folder = join(plane.folder, 'schemas')
  await mkdir(folder, {recursive: true})
  const served = JSON.parse(await mustKubectl(plane, ['get', '--raw', '/openapi/v2'])) as {
    definitions: Record<string, Schema>
  }
  const definitions = Object.fromEntries(
    Object.entries(served.definitions).map(([name, schema]) => [name, strict(schema)]),
  )
  await writeFile(join(folder, 'definitions.json'), JSON.stringify({definitions}))
  for (const [name, schema] of Object.entries(definitions))
    for (const {group, version, kind} of (schema['x-kubernetes-group-version-kind'] ?? []) as Kind[]) {
      // kubeconform takes the core group, which has no name, for its version.
      const file = `${group || version}-${version}-${kind.toLowerCase()}.json`
      await writeFile(join(folder, file), JSON.stringify({$ref: `definitions.json#/definitions/${name}`}))
    }
  return folder
}

/** Objects take no keys but their own; numbers or text are what Kubernetes calls so. */
function strict(schema: Schema): Schema {
  if (schema.format === 'int-or-string' || schema['x-kubernetes-int-or-string'])
    return {anyOf: [{type: 'integer'}, {type: 'string'}]}
  const inner = Object.entries(schema).map(([key, value]) => {
    if (key === 'properties')
      return [
        key,
        Object.fromEntries(Object.entries(value as Record<string, Schema>).map(([k, v]) => [k, strict(v)])),
      ]
    return [key, key === 'items' && typeof value === 'object' ? strict(value as Schema) : value]
  })
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true
  return {...Object.fromEntries(inner), ...(schema.properties && !open ? {additionalProperties: false} : {})}
}
