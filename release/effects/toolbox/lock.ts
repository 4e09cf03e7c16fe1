import {z} from 'zod'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {parseYaml} from '#lib/yaml.ts'

const name = z.string().regex(/^[a-z0-9][a-z0-9.+:-]*$/)
const apiVersion = z.literal('lockstep/toolbox/v1')
const architecture = z.literal('amd64')

const wishesSchema = z.strictObject({
  apiVersion,
  architecture,
  suite: name,
  newer: z.strictObject({suite: name, sources: z.array(name)}),
  packages: z.array(name),
})
const lockSchema = z.strictObject({
  apiVersion,
  architecture,
  packages: z.array(
    z.strictObject({
      name,
      version: z.string().min(1),
      suite: name,
      filename: z.string().regex(/^pool\/(?!.*\.\.)[\w./+~:%-]+\.deb$/),
      size: z.string().regex(/^\d+$/).transform(Number),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
})

/** `testbed/toolbox/toolbox.yaml`: what the root shall hold, and which sources come from a newer suite. */
export type Wishes = z.output<typeof wishesSchema>
/** `testbed/toolbox/toolbox.lock.yaml`: the exact packages, sorted by name, no host. */
export type ToolboxLock = z.output<typeof lockSchema>

/** @throws DiagnosticError T008 with places */
export const readWishes = (bytes: Uint8Array, file: string): Wishes => read(wishesSchema, bytes, file)

/** @throws DiagnosticError T008 with places */
export const readLock = (bytes: Uint8Array, file: string): ToolboxLock => read(lockSchema, bytes, file)

function read<T extends z.ZodType>(schema: T, bytes: Uint8Array, file: string): z.output<T> {
  const source = parseYaml(bytes, file)
  if (source.diagnostics.length > 0) throw new DiagnosticError(source.diagnostics)
  const result = schema.safeParse(source.value)
  if (result.success) return result.data
  throw new DiagnosticError(
    result.error.issues.map(issue => ({
      code: 'T008',
      severity: 'error',
      message: `${issue.path.join('.') || 'the file'}: ${issue.message}`,
      place: source.locate(issue.path as (string | number)[]),
    })),
  )
}

/** One package a line, so that a diff of two locks reads as what changed. */
export function writeLock(lock: ToolboxLock): string {
  const lines = lock.packages.map(p => {
    const fields = Object.entries({...p, version: JSON.stringify(p.version)})
    return `  - {${fields.map(([key, value]) => `${key}: ${value}`).join(', ')}}`
  })
  return `# Generated from toolbox.yaml by testbed/toolbox/update.ts: do not edit.
apiVersion: ${lock.apiVersion}
architecture: ${lock.architecture}
packages:
${lines.join('\n')}
`
}
