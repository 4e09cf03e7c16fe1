/** Parts of JSON schemas that several values share. */
import type {JsonSchema} from './spec.ts'

export const strings: JsonSchema = {type: 'object', additionalProperties: {type: 'string'}}
export const anyObject: JsonSchema = {type: 'object'}
export const objects: JsonSchema = {type: 'array', items: {type: 'object'}}
export const dnsLabel = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
export const optionalDnsName: JsonSchema = {type: 'string', pattern: `^(${dnsLabel}(\\.${dnsLabel})*)?$`}
/** Without tag and digest; a registry's port is no tag. */
export const repository: JsonSchema = {
  type: 'string',
  pattern: '^[a-z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*$',
}
export const optionalRepository: JsonSchema = {anyOf: [{const: ''}, repository]}
export const pullPolicy: JsonSchema = {enum: ['Always', 'IfNotPresent', 'Never']}
export const tag: JsonSchema = {type: 'string', pattern: '^([A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?$'}
export const digest: JsonSchema = {type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$'}
export const folder: JsonSchema = {type: 'string', pattern: '^(/[^/\\s]+)+$'}
export const count: JsonSchema = {type: 'integer', minimum: 0}
