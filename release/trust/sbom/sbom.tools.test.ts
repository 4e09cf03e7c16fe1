import {Ajv, type ValidateFunction} from 'ajv'
import {beforeAll, describe, expect, test} from 'vitest'
import {sbomSchema} from '#testbed/tools/sbom-schemas.ts'
import {hasPip} from '#testbed/tools/wheel.ts'
import {buildSmall, smallComponents, smallKernel, smallProgram} from '../../build/testing.ts'
import {memoryFiles} from '../../effects/memory-files.ts'
import {gunzip} from '../../lib/gzip.ts'
import {untar} from '../../lib/untar.ts'

describe.skipIf(!hasPip())('by the official schemas', () => {
  let valid: Record<'spdx' | 'cdx', ValidateFunction>
  const documents = new Map<string, unknown>()
  beforeAll(async () => {
    // Formats are no part of what draft-07 asserts, and the schemas name some that Ajv does not know.
    const ajv = new Ajv({strict: false, validateFormats: false, allErrors: true})
    for (const name of ['spdx', 'jsf-0.82'])
      ajv.addSchema(
        await sbomSchema(`cyclonedx/${name}.schema.json`),
        `http://cyclonedx.org/schema/${name}.schema.json`,
      )
    valid = {
      spdx: ajv.compile(await sbomSchema('spdx/2.3-schema.json')),
      cdx: ajv.compile(await sbomSchema('cyclonedx/bom-1.6.schema.json')),
    }
    const files = memoryFiles()
    const components = [...smallComponents, smallProgram]
    await buildSmall(files, {kernels: [smallKernel('6.12.2+deb13-amd64')], components})
    const read = (name: string) =>
      files.tree.get(`/dist/release/mock-device-v0.2.0${name}`) ?? Buffer.alloc(0)
    for (const name of ['.spdx.json', '.cdx.json']) documents.set(name, JSON.parse(read(name).toString()))
    for (const entry of untar(gunzip(read('-sboms.tar.gz'))))
      if (entry.type === 'file') documents.set(entry.path, JSON.parse(entry.data.toString()))
  })

  test('every document is valid', () => {
    expect(documents.size).toBeGreaterThan(12)
    for (const [name, document] of documents) {
      const schema = valid[name.endsWith('.cdx.json') ? 'cdx' : 'spdx']
      schema(document)
      expect({name, errors: schema.errors ?? []}).toEqual({name, errors: []})
    }
  })

  test('and the schemas do refuse', () => {
    const [spdx, cdx] = ['.spdx.json', '.cdx.json'].map(
      name => documents.get(name) as Record<string, unknown>,
    )
    expect(valid.spdx({...spdx, packages: [{name: 'x'}]})).toBe(false)
    expect(valid.cdx({...cdx, serialNumber: 'urn:uuid:1'})).toBe(false)
  })
})
