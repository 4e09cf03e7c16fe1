import {expect, test} from 'vitest'
import {memoryFiles} from '../effects/memory-files.ts'
import {makePlan} from '../plan/make.ts'
import type {ReleasePlan} from '../plan/plan.ts'
import {build} from './build.ts'
import type {Output} from './output.ts'
import {compareRebuild, type Published} from './rebuild.ts'
import {smallContext, smallKernel, smallPlanInput} from './testing.ts'

async function built(change: Parameters<typeof smallPlanInput>[0] = {}) {
  const plan = makePlan(await smallPlanInput({kernels: [smallKernel('6.12.2+deb13-amd64')], ...change}))
  return {plan, outputs: (await build(plan, smallContext(plan, memoryFiles()), 2)).outputs}
}

/** What would have been published of a build. */
function publishedOf({plan, outputs}: {plan: ReleasePlan; outputs: Map<string, Output>}): Published {
  const all = plan.artifacts.map(a => ({...a, output: outputs.get(a.id)}))
  return {
    artifacts: new Map(all.flatMap(a => (a.output?.oci ? [[a.id, a.output.oci.root.digest] as const] : []))),
    files: new Map(
      all.flatMap(a => a.files.map(name => [name, a.output?.files[name]?.digest ?? ''] as const)),
    ),
    modules: new Map(
      all.flatMap(a =>
        a.recipe.kind === 'module'
          ? [[a.id, a.output?.files[`${a.recipe.module}.ko`]?.digest ?? ''] as const]
          : [],
      ),
    ),
    signed: false,
  }
}

test('the same plan gives the same digests: images, files and modules', async () => {
  const one = await built()
  const published = publishedOf(one)
  const found = compareRebuild(one.plan, (await built()).outputs, published)
  const {artifacts, files, modules} = published
  expect(found).toEqual({same: artifacts.size + files.size + modules.size, differences: [], unsigned: []})
})

test('what differs is told apart from what only holds it', async () => {
  const one = await built()
  const published = publishedOf(one)
  const outputs = new Map(one.outputs)
  const chart = [...outputs.keys()].find(id => id.startsWith('chart:')) ?? ''
  const other = await built({epoch: 1})
  const changed = other.outputs.get(chart)
  if (!changed) throw new Error('no chart')
  outputs.set(chart, changed)
  const {differences} = compareRebuild(one.plan, outputs, published)
  expect(differences.map(d => [d.id, d.through])).toEqual([
    [chart, []],
    [chart, []],
  ])
  const all = compareRebuild(one.plan, other.outputs, published).differences
  const roots = all.filter(d => d.through.length === 0).map(d => d.id)
  expect(all.find(d => d.id === 'release')?.through.length).toBeGreaterThan(0)
  expect(roots).toContain(chart)
  expect(roots).not.toContain('release')
})

test('an artifact that is on one side only is told', async () => {
  const one = await built()
  const published = publishedOf(one)
  const more = {...published, artifacts: new Map([...published.artifacts, ['image:gift', 'sha256:0']])}
  expect(compareRebuild(one.plan, one.outputs, more).differences).toMatchObject([
    {id: 'image:gift', found: 'nothing'},
  ])
  const less = {...published, files: new Map([...published.files].slice(1))}
  expect(compareRebuild(one.plan, one.outputs, less).differences).toMatchObject([{expected: 'nothing'}])
})

test('without the key, images with signed modules are left out, and the modules themselves compared', async () => {
  const one = await built()
  const {same, differences, unsigned} = compareRebuild(one.plan, one.outputs, {
    ...publishedOf(one),
    signed: true,
  })
  expect(differences).toEqual([])
  expect(same).toBeGreaterThan(3)
  expect(unsigned).toEqual(expect.arrayContaining([expect.stringMatching(/^image:/), 'lists', 'release']))
})
