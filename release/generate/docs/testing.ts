import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import type {z} from 'zod'
import {lockSchema} from '#release/kernels/lock-schema.ts'
import {loadMatrix, loadShape} from '#release/matrix/load.ts'
import {componentSchema} from '#release/plan/component.ts'
import {changesSchema} from './changes.ts'
import type {DocumentsInput} from './context.ts'

export const root = join(import.meta.dirname, '../../..')

/** The repository's own matrix, changes, descriptors and lock: what the committed pages are made of. */
export function repositoryInput(): DocumentsInput {
  const matrix = loadMatrix(readFileSync(join(root, 'matrix/mock-device.yaml')), 'matrix/mock-device.yaml')
  if (!matrix.value) throw new Error(matrix.diagnostics.map(d => d.message).join('\n'))
  return {
    matrix: matrix.value,
    changes: readAll('matrix/changes', changesSchema),
    components: readAll('components', componentSchema, file => file !== 'device.yaml'),
    lock: read('matrix/kernels.lock.yaml', lockSchema),
  }
}

function readAll<S extends z.ZodType>(
  folder: string,
  schema: S,
  wanted = (_: string) => true,
): z.output<S>[] {
  const files = readdirSync(join(root, folder)).filter(file => file.endsWith('.yaml') && wanted(file))
  return files.sort().map(file => read(`${folder}/${file}`, schema))
}

function read<S extends z.ZodType>(file: string, schema: S): z.output<S> {
  const loaded = loadShape(readFileSync(join(root, file)), file, schema)
  if (loaded.value === undefined) throw new Error(loaded.diagnostics.map(d => d.message).join('\n'))
  return loaded.value
}
