import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {minimal} from '../matrix/testdata/minimal.ts'
import {lockstep, quietContext} from './testing.ts'
import {matrixOfUses} from './used-matrices.ts'

let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'uses-'))
})
afterAll(() => rmSync(dir, {recursive: true}))

const head = minimal.slice(0, minimal.indexOf('components:'))
const write = (name: string, text: string) => writeFileSync(join(dir, name), text)

test('a matrix is answered with those that it uses, and their platforms are one', async () => {
  const [kubevirt, device] = ['kubevirt', 'mock-device'].map(name => resolve(`matrix/${name}.yaml`))
  write(
    'site.yaml',
    `${head.replace('component: product', 'component: kubevirt')}uses: [{matrix: ${kubevirt}}, {matrix: ${device}, components: [mock-device, kubernetes]}]\ncomponents: {}\n`,
  )
  const {code, out} = await lockstep(
    dir,
    ...['upgrade', 'plan', '--matrix', 'site.yaml', '--now', '2026-11-21', '-o', 'json'],
    ...['kubevirt=1.8.4', 'kubernetes=1.35..1.36', 'mock-device=0.2.0'],
  )
  expect(code).toBe(0)
  expect(JSON.parse(out).hops.map((h: {name: string; to: string}) => `${h.name} ${h.to}`)).toEqual([
    'kubevirt 1.9.0',
    'kubernetes 1.36',
  ])
})

test('a circle is told', async () => {
  write('a.yaml', `${head}uses: [{matrix: b.yaml}]\ncomponents: {product: {title: P, scheme: semver}}\n`)
  write('b.yaml', `${head}uses: [{matrix: a.yaml}]\ncomponents: {product: {title: P, scheme: semver}}\n`)
  const {code, err} = await lockstep(dir, 'compat', '--matrix', 'a.yaml', '--with', 'product=1.0.0')
  expect(code).toBe(1)
  expect(err).toMatch(/error\[C083\]: the matrix a\.yaml uses itself: .*a\.yaml → .*b\.yaml → .*a\.yaml/)
})

test('a published matrix that uses a file is refused: no file of this machine is meant', async () => {
  write('beside.yaml', minimal)
  const published = `oci://registry.test/acme/site-matrix@sha256:${'a'.repeat(64)}`
  const uses = [{matrix: 'beside.yaml'}]
  const context = {...quietContext(), cwd: dir}
  await expect(matrixOfUses(uses, published, context)).rejects.toThrow(/C083.*uses beside\.yaml, a file/)
  expect((await matrixOfUses(uses, join(dir, 'site.yaml'), context))?.product.id).toBe('example')
})
