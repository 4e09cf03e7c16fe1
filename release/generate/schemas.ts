import {jsonSchemaFile, jsonSchemas} from '#release/matrix/json-schema.ts'
import {componentSchema} from '#release/plan/component.ts'
import {changesSchema} from './docs/changes.ts'
import type {GeneratedFile} from './file.ts'

/** The JSON schemas of all files that people write. */
export function allSchemas(): GeneratedFile[] {
  return [
    ...jsonSchemas(),
    jsonSchemaFile('changes', changesSchema, 'What changed in a version'),
    jsonSchemaFile('component', componentSchema, 'A component that is released'),
  ]
}
