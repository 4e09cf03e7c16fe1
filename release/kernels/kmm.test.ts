// biome-ignore-all lint/suspicious/noTemplateCurlyInString: KMM's own variables are written so
import fc from 'fast-check'
import {RE2JS} from 're2js'
import {describe, expect, test} from 'vitest'
import {
  chooseMapping,
  imageTag,
  mappingChooser,
  normalizeKernel,
  substitute,
  tagOf,
  trimKernel,
} from './kmm.ts'
import type {KernelMapping} from './types.ts'

const debian = '6.12.117+deb13-amd64'

test('normalizeKernel: the table of KMM’s internal/kernel/kernel_test.go, and Debian’s +', () => {
  for (const bad of ['+', '_', '&', '%', '?', ' ']) expect(normalizeKernel(`1.2.3${bad}4`)).toBe('1.2.3_4')
  expect(normalizeKernel('1.2.3-4')).toBe('1.2.3-4')
  expect(normalizeKernel(debian)).toBe('6.12.117_deb13-amd64')
  // strings.Map works on code points, so a character outside the first plane is one underscore.
  expect(normalizeKernel('1.2.3-\u{1f427}')).toBe('1.2.3-_')
})

test('trimKernel: exactly one trailing + goes (internal/controllers/module_reconciler.go)', () => {
  expect([trimKernel('6.12.1+'), trimKernel('6.12.1++'), trimKernel(debian)]).toEqual([
    '6.12.1',
    '6.12.1+',
    debian,
  ])
})

describe('substitute', () => {
  test('fills in what KMM offers (internal/module/kernelmapper_test.go: KERNEL_XYZ)', () => {
    expect(substitute('some image:${KERNEL_XYZ}', '5.8.18-100.fc31.x86_64')).toBe('some image:5.8.18')
    expect(substitute('r/m:v1-${KERNEL_FULL_VERSION}', debian)).toBe('r/m:v1-6.12.117_deb13-amd64')
    expect(
      substitute('r/${MOD_NAMESPACE}/$MOD_NAME:$KERNEL_X.${KERNEL_Y}-${KERNEL_Z}', debian, {
        name: 'm',
        namespace: 'n',
      }),
    ).toBe('r/n/m:6.12-117_deb13')
  })

  test('refuses what KMM would silently leave empty or cannot read', () => {
    for (const image of ['r:${KERNEL}', 'r:${KERNEL_XYZ', 'r:${KERNEL_X:-6}', 'r:$', 'r:${MOD_NAME}'])
      expect(() => substitute(image, debian), image).toThrow(/K003/)
  })

  test('refuses a name that KMM would crash on', () => {
    expect(() => substitute('r:x', '6.12')).toThrow(/K002/)
  })
})

test('imageTag is what the template gives, for any kernel name', () => {
  const name = fc.string({
    unit: fc.constantFrom('a', '1', '.', '-', '+', '_', '~'),
    minLength: 1,
    maxLength: 40,
  })
  fc.assert(
    fc.property(name, tail => {
      const kernel = `6.12.1-${tail}`
      expect(substitute('r:v0.2.0-${KERNEL_FULL_VERSION}', kernel)).toBe(`r:${imageTag('0.2.0', kernel)}`)
      expect(imageTag('0.2.0', kernel)).toMatch(/^[\w][\w.-]{0,127}$/)
    }),
  )
  expect(() => imageTag('0.2.0', `6.12.1-${'x'.repeat(130)}`)).toThrow(/K001/)
})

test('tagOf', () => {
  expect(tagOf('localhost:5000/a/b:v1')).toBe('v1')
  expect(tagOf('localhost:5000/a/b')).toBeUndefined()
  expect(tagOf(`a/b:v1@sha256:${'0'.repeat(64)}`)).toBeUndefined()
})

describe('chooseMapping (internal/module/kernelmapper.go: first in list order)', () => {
  const image = (n: number) => ({containerImage: `r/m:${n}-\${KERNEL_FULL_VERSION}`})

  test('a regexp before a literal wins, and the other way round', async () => {
    const regexp: KernelMapping = {regexp: '1\\..*', ...image(0)}
    const literal: KernelMapping = {literal: '1.2.3', ...image(1)}
    expect(await chooseMapping([regexp, literal], '1.2.3')).toMatchObject({index: 0, tag: '0-1.2.3'})
    expect(await chooseMapping([literal, regexp], '1.2.3')).toMatchObject({index: 0, tag: '1-1.2.3'})
    expect(await chooseMapping([literal, regexp], '1.2.4')).toMatchObject({index: 1, tag: '0-1.2.4'})
  })

  test('matches on the raw name, anywhere in it; the tag is normalised', async () => {
    const mappings: KernelMapping[] = [
      {regexp: '_deb13', ...image(0)},
      {regexp: '\\+deb1', ...image(1)},
    ]
    expect(await chooseMapping(mappings, debian)).toMatchObject({
      index: 1,
      image: 'r/m:1-6.12.117_deb13-amd64',
      tag: '1-6.12.117_deb13-amd64',
    })
  })

  test('none matches, and a regexp that Go refuses', async () => {
    expect(
      await chooseMapping(
        [
          {regexp: '1.2.2', ...image(0)},
          {regexp: '0\\..*', ...image(1)},
        ],
        '1.2.3',
      ),
    ).toBeUndefined()
    await expect(chooseMapping([{regexp: 'invalid)', ...image(0)}], '1.2.3')).rejects.toThrow(/K004/)
    await expect(chooseMapping([{regexp: '(?=6)', ...image(0)}], '1.2.3')).rejects.toThrow(/K004/)
  })

  test('agrees with a plain loop over RE2', async () => {
    const part = fc.constantFrom('6', '\\.', '12', '.', '[0-9]+', '\\+deb', '^', '$', '13', '-amd64', '.*')
    const regexp = fc.array(part, {minLength: 1, maxLength: 5}).map(p => ({regexp: p.join(''), ...image(0)}))
    const literal = fc.constantFrom('6.12.1', debian).map(l => ({literal: l, ...image(0)}))
    const kernel = fc.constantFrom('6.12.1', debian, '7.3.4+deb13-amd64', '6.12.1+', '6.1.0-56-cloud-amd64')
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(regexp, literal), {maxLength: 6}), kernel, async (mappings, raw) => {
        const name = raw.replace(/\+$/, '')
        const plain = mappings.findIndex(m =>
          'literal' in m ? m.literal === name : RE2JS.compile(m.regexp).matcher(name).find(),
        )
        expect((await mappingChooser(mappings))(raw)?.index ?? -1).toBe(plain)
      }),
    )
  })
})
