import {readFileSync} from 'node:fs'
import {beforeAll, expect, test} from 'vitest'
import {githubStandIn} from '#testbed/github/stand-in.ts'
import {buildSmall, realMatrix, smallComponents, smallKernel, smallTree} from '../build/testing.ts'
import {Killed} from '../effects/faulty.ts'
import {type MemoryFiles, memoryFiles} from '../effects/memory-files.ts'
import {silentProgress} from '../effects/progress.ts'
import {digestOf} from '../lib/digest.ts'
import {layoutTarget} from '../lib/oci/layout.ts'
import {loadMatrix} from '../matrix/load.ts'
import type {TreeFile} from '../plan/plan.ts'
import {publish} from '../publish/publish.ts'
import {readStaged, type Staged} from '../publish/staged.ts'
import {filesOfArtifact, verifyRelease} from '../publish/verify.ts'
import {withdrawalOf} from '../publish/withdrawn.ts'
import type {Signer} from '../trust/signer.ts'
import {testSigner} from '../trust/testing.ts'
import type {Verifier} from '../trust/verifier.ts'
import {publishedList, whereabouts} from './status.ts'
import {isOpenCall, planSteps, runSteps} from './step.ts'
import {contentsOf, memoryGit, type Steps, steppedTarget, steps, testGitHub, testToken} from './testing.ts'
import {yankMatrix, yankSteps} from './yank.ts'

const reason = 'loses VFs on reboot: go to 0.2.2'
let older: Staged
let newer: Staged

async function build(version: string): Promise<Staged> {
  const files = memoryFiles()
  const matrix = await realMatrix()
  const components = smallComponents.map(c => c.id)
  const release = {...matrix.release, version, components} as NonNullable<typeof matrix.release>
  const tree = [...smallTree(version)].map(
    ([path, data]): TreeFile => ({path, mode: '0644', digest: digestOf(data).slice(7)}),
  )
  await buildSmall(files, {matrix: {...matrix, release}, tree, kernels: [smallKernel('6.12.2+deb13-amd64')]})
  return readStaged('/dist', files)
}
beforeAll(async () => {
  older = await build('0.2.0')
  newer = await build('0.2.1')
})

/** Both versions published, the older one first. */
async function place() {
  const registry = memoryFiles()
  const github = githubStandIn({token: testToken})
  const hub = testGitHub(github.fetch)
  for (const staged of [older, newer]) {
    await publish(staged, layoutTarget(registry, '/registry'), silentProgress)
    const tag = `v${staged.plan.version}`
    const {id} = await hub.createRelease({tag, commit: 'c', name: tag, body: 'notes', prerelease: false})
    await hub.updateRelease(id, {draft: false, latest: true})
  }
  return {registry, github}
}
async function stepsFor(
  {registry, github}: Awaited<ReturnType<typeof place>>,
  version: string,
  count: Steps = steps(),
  signer?: Signer,
) {
  const to = steppedTarget(layoutTarget(registry, '/registry'), count)
  const listed = await publishedList('mock-device', version, layoutTarget(registry, '/registry'))
  return yankSteps({version, reason, listed, signer}, to, testGitHub(github.fetch, count))
}
const tagOf = async (registry: MemoryFiles, name: string, tag: string) =>
  (await layoutTarget(registry, '/registry').repository(name).resolve(tag))?.digest
const rootOf = ({artifacts}: Staged, kind: string) =>
  artifacts.find(a => a.artifact.recipe.kind === kind)?.root.digest

test('floating tags and the latest go back, everything stays, and status tells; a second run finds nothing', async () => {
  const there = await place()
  const before = [...there.registry.tree.keys()].filter(path => path.includes('/blobs/'))
  await runSteps(await stepsFor(there, '0.2.1'))
  for (const tag of ['v0.2', 'v0', 'latest'])
    expect(await tagOf(there.registry, 'mock-device', tag)).toBe(rootOf(older, 'release'))
  expect(await tagOf(there.registry, 'mock-accel-module', 'latest-line')).toBe(rootOf(older, 'kmod-image'))
  expect(await tagOf(there.registry, 'mock-device', 'v0.2.1')).toBe(rootOf(newer, 'release'))
  for (const path of before) expect(there.registry.tree.has(path)).toBe(true)
  const byTag = (tag: string) => there.github.releases.find(r => r.tag_name === tag)
  expect(byTag('v0.2.1')).toMatchObject({
    name: 'v0.2.1 (withdrawn)',
    body: `> **Withdrawn**: ${reason}\n\nnotes`,
  })
  expect(there.github.latest).toBe(byTag('v0.2.0')?.id)

  const again = await planSteps(await stepsFor(there, '0.2.1'))
  expect(again.flatMap(s => s.calls).filter(isOpenCall)).toEqual([])
  const to = layoutTarget(there.registry, '/registry')
  const world = {git: memoryGit(new Map(), 'c', steps()), github: undefined, to}
  expect(await whereabouts('0.2.1', await publishedList('mock-device', '0.2.1', to), world)).toMatchObject({
    yanked: true,
  })
  // Whoever publishes it again does not bring it back.
  await publish(newer, to, silentProgress)
  expect(await tagOf(there.registry, 'mock-device', 'latest')).toBe(rootOf(older, 'release'))
})

test('verify refuses what a trusted signature withdraws; whatever else says so is a claim', async () => {
  const there = await place()
  const to = layoutTarget(there.registry, '/registry')
  const [ours, theirs] = [testSigner(), testSigner('other.key')]
  const verified = async (verifier?: Verifier) => {
    const files = await filesOfArtifact(to, 'mock-device', 'v0.2.1')
    if (!files) throw new Error('no release there')
    const own = {repository: 'mock-device', tag: 'v0.2.1', floating: []}
    const trusted = verifier && {verifier, product: 'mock-device', version: '0.2.1'}
    const found = await verifyRelease({target: to, files, own, ...(trusted ? {trusted} : {})})
    return [found.withdrawn, found.problems.filter(p => p.code === 'P039').map(p => p.message)]
  }
  expect(await verified(ours.verifier)).toEqual([undefined, []])
  for (const signer of [undefined, theirs.signer]) {
    await runSteps(await stepsFor(there, '0.2.1', steps(), signer))
    expect(await verified(ours.verifier)).toEqual([{reason, signed: false}, []])
    expect(await verified()).toEqual([{reason, signed: false}, []])
  }
  const open = (await planSteps(await stepsFor(there, '0.2.1', steps(), ours.signer)))[0]?.calls
  expect(open?.filter(isOpenCall).length).toBeGreaterThan(3)
  await runSteps(await stepsFor(there, '0.2.1', steps(), ours.signer))
  expect(await verified(ours.verifier)).toEqual([{reason, signed: true}, [`0.2.1 was withdrawn: ${reason}`]])
  const again = await planSteps(await stepsFor(there, '0.2.1', steps(), ours.signer))
  expect(again.flatMap(s => s.calls).filter(isOpenCall)).toEqual([])
})

test('a mark that speaks of another release withdraws nothing', async () => {
  const there = await place()
  const repository = layoutTarget(there.registry, '/registry').repository('mock-device')
  const {signer, verifier} = testSigner()
  await runSteps(await stepsFor(there, '0.2.1', steps(), signer))
  const [root, other] = [await repository.resolve('v0.2.1'), await repository.resolve('v0.2.0')]
  if (!root || !other) throw new Error('not there')
  // A registry may list what it likes.
  const lying = {...repository, referrers: () => repository.referrers(root.digest)}
  expect(await withdrawalOf(lying, other.digest, '0.2.0', verifier)).toBeUndefined()
  expect(await withdrawalOf(repository, root.digest, '0.2.0', verifier)).toBeUndefined()
  expect(await withdrawalOf(repository, root.digest, '0.2.1', verifier)).toEqual({reason, signed: true})
})

test('with nothing to go back to, a floating tag stays and says so', async () => {
  const there = await place()
  for (const version of ['0.2.1', '0.2.0']) await runSteps(await stepsFor(there, version))
  const planned = await planSteps(await stepsFor(there, '0.2.0'))
  expect(planned.flatMap(s => s.calls).filter(c => c.state === 'kept').length).toBeGreaterThan(3)
  expect(await tagOf(there.registry, 'mock-device', 'latest')).toBe(rootOf(older, 'release'))
})

test.each(['before', 'after'] as const)(
  'killed %s every call, the next run finishes',
  async when => {
    const calm = await place()
    const count = steps()
    await runSteps(await stepsFor(calm, '0.2.1', count))
    const start = await place()
    for (let at = 1; at <= count.calls.length; at++) {
      const there = {
        registry: memoryFiles(Object.fromEntries(start.registry.tree)),
        github: githubStandIn({token: testToken}),
      }
      there.github.releases.push(...structuredClone(start.github.releases))
      await expect(runSteps(await stepsFor(there, '0.2.1', steps(at, when)))).rejects.toThrow(Killed)
      await runSteps(await stepsFor(there, '0.2.1'))
      const what = `${when} call ${at}: ${count.calls[at - 1]}`
      expect(contentsOf(there.registry), what).toEqual(contentsOf(calm.registry))
      expect(
        there.github.releases.map(r => [r.name, r.body]),
        what,
      ).toEqual(calm.github.releases.map(r => [r.name, r.body]))
    }
  },
  120_000,
)

test('the row in the matrix says so, and nothing else changes', async () => {
  const real = readFileSync('matrix/mock-device.yaml', 'utf8')
  const row = {component: 'mock-device', version: '0.1.0'}
  const text = yankMatrix(real, 'm', row, `it's: "bad"\n# really`)
  const {value, diagnostics} = loadMatrix(text, 'm')
  expect(diagnostics.filter(d => d.severity === 'error')).toEqual([])
  const [yanked] = Object.values(value?.components ?? {}).flatMap(c =>
    c.versions.filter(v => v.state === 'yanked'),
  )
  expect(yanked).toMatchObject({version: '0.1.0', withdrawn: `it's: "bad" # really`})
  expect(text.split('\n').filter(line => !real.split('\n').includes(line))).toHaveLength(2)
  expect(() => yankMatrix(real, 'm', {...row, version: '7.7.7'}, reason)).toThrow('L032')
})

test('it is the row of this component, and a state that it has gives way', () => {
  const rows = (state: string) => `components:
  other:
    versions:
      - version: 0.1.0
  product:
    versions:
      - version: 0.1.0
${state}`
  const yank = (text: string) => yankMatrix(text, 'm', {component: 'product', version: '0.1.0'}, 'Bad.')
  const marked = '        withdrawn: Bad.\n'
  expect(yank(rows(''))).toBe(`${rows('')}        state: yanked\n${marked}`)
  expect(yank(rows('        state: eol # old\n'))).toBe(rows(`${marked}        state: yanked # old\n`))
})
