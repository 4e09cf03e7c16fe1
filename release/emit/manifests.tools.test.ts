import {spawnSync} from 'node:child_process'
import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {Ajv, type ValidateFunction} from 'ajv'
import {Ajv2020} from 'ajv/dist/2020.js'
import {describe, expect, test} from 'vitest'
import {parse, parseAllDocuments} from 'yaml'
import {customResources} from '#testbed/tools/crds.ts'
import {gitopsFiles} from './gitops.ts'
import {runbook} from './runbook.ts'
import type {KubeObject} from './stages.ts'
import {firstHop, products} from './testing.ts'
import {workflowFiles} from './workflow.ts'

type Schema = {[keyword: string]: unknown}
type Crd = {
  spec: {group: string; names: {kind: string}; versions: {name: string; schema: {openAPIV3Schema: Schema}}[]}
}

const ajv = new Ajv({strict: false, validateFormats: false, allErrors: true})

/** The schemas of custom resources, which take no keys but their own, as `kubectl apply --validate=strict` does. */
async function judges(engine: 'flux' | 'argocd'): Promise<Map<string, () => ValidateFunction>> {
  const folder = await customResources(engine)
  const crds = readdirSync(folder).map(name => parse(readFileSync(join(folder, name), 'utf8')) as Crd)
  return new Map(
    crds.flatMap(({spec: {group, names, versions}}) =>
      versions.map(({name, schema}) => [
        `${group}/${name} ${names.kind}`,
        once(() => ajv.compile(strict(schema.openAPIV3Schema))),
      ]),
    ),
  )
}

/** Argo CD's take seconds to compile. */
function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}

function strict(schema: Schema): Schema {
  if (schema['x-kubernetes-int-or-string']) return {anyOf: [{type: 'integer'}, {type: 'string'}]}
  const inner = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => {
      if (key === 'properties')
        return [
          key,
          Object.fromEntries(Object.entries(value as Schema).map(([k, v]) => [k, strict(v as Schema)])),
        ]
      return [
        key,
        key === 'items' || (key === 'additionalProperties' && typeof value === 'object')
          ? strict(value as Schema)
          : value,
      ]
    }),
  )
  const open =
    schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties !== undefined
  const {properties} = inner as {properties?: Schema}
  if (!properties || open) return inner
  const known = properties.metadata
    ? {apiVersion: {}, kind: {}, ...properties, metadata: {type: 'object'}}
    : properties
  return {...inner, properties: known, additionalProperties: false}
}

const emitted = (engine: 'flux' | 'argocd') =>
  Object.values(products).flatMap(of => {
    const given = of()
    return gitopsFiles(engine, given, firstHop(given), () => undefined)
      .filter(({path}) => path.endsWith('.yaml'))
      .flatMap(({text}) => parseAllDocuments(text).map(document => document.toJS() as KubeObject))
  })

describe.each(['argocd', 'flux'] as const)('%s', engine => {
  test('every object is what its real custom resource takes, and no other', async () => {
    const known = await judges(engine)
    const objects = emitted(engine)
    const own = objects.filter(o => known.has(`${o.apiVersion} ${o.kind}`))
    for (const object of own) {
      const validate = judgeOf(known, object)
      expect([object.metadata.name, validate(object), validate.errors]).toEqual([
        object.metadata.name,
        true,
        null,
      ])
    }
    // The others are Kubernetes' own.
    const others = new Set(objects.filter(o => !own.includes(o)).map(o => `${o.apiVersion} ${o.kind}`))
    const plain = [
      'batch/v1 Job',
      'v1 PersistentVolumeClaim',
      'v1 ConfigMap',
      'kustomize.config.k8s.io/v1beta1 Kustomization',
    ]
    expect([...others].filter(kind => !plain.includes(kind))).toEqual([])
    expect(own.length).toBeGreaterThan(4)
    const [object] = own
    if (object) {
      const spec = {...(object.spec as object), wavez: 1}
      expect(judgeOf(known, object)({...object, spec})).toBe(false)
    }
  })
})

function judgeOf(
  known: Map<string, () => ValidateFunction>,
  {apiVersion, kind}: KubeObject,
): ValidateFunction {
  const judge = known.get(`${apiVersion} ${kind}`)
  if (!judge) throw new Error(`no custom resource ${apiVersion} ${kind}`)
  return judge()
}

test('workflows are what the project’s own schema takes', async () => {
  const folder = await customResources('argo-workflows')
  const schema = JSON.parse(readFileSync(join(folder, 'schema.json'), 'utf8')) as Schema
  const {definitions} = schema as {definitions: Schema}
  const validate = new Ajv2020({strict: false, validateFormats: false, allErrors: true}).compile({
    ...schema,
    oneOf: undefined,
    $ref: '#/definitions/io.argoproj.workflow.v1alpha1.WorkflowTemplate',
  })
  expect(Object.keys(definitions)).toContain('io.argoproj.workflow.v1alpha1.WorkflowTemplate')
  for (const [name, of] of Object.entries(products)) {
    const object = parse(workflowFiles(of())[0]?.text ?? '') as {spec: {templates: object[]}}
    expect([name, validate(object), validate.errors]).toEqual([name, true, null])
    expect(validate({...object, spec: {...object.spec, templates: 'none'}})).toBe(false)
  }
})

test('every script and every block of a runbook is a shell’s language', () => {
  const scripts = Object.values(products).flatMap(of => {
    const given = of()
    const blocks = [...runbook(given).matchAll(/^( *)```sh\n([\s\S]*?)^ *```$/gm)].map(
      ([, indent = '', text = '']) => text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    )
    const workflow = parse(workflowFiles(given)[0]?.text ?? '') as {
      spec: {templates: {steps?: {arguments?: {parameters: {name: string; value: string}[]}}[][]}[]}
    }
    const steps = workflow.spec.templates.flatMap(t => (t.steps ?? []).flat())
    const texts = steps.flatMap(s => s.arguments?.parameters ?? []).filter(p => p.name === 'script')
    return [...blocks, ...texts.map(p => p.value)]
  })
  expect(scripts.length).toBeGreaterThan(80)
  const wrong = scripts.filter(text => spawnSync('sh', ['-n'], {input: text}).status !== 0)
  expect(wrong).toEqual([])
})
