import {beforeAll, describe, expect, test} from 'vitest'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {githubStandIn, type StandIn, type StandInOptions} from '#testbed/github/stand-in.ts'
import {buildSmall, smallKernel} from '../build/testing.ts'
import {Killed} from '../effects/faulty.ts'
import {type MemoryFiles, memoryFiles} from '../effects/memory-files.ts'
import {silentProgress} from '../effects/progress.ts'
import {layoutTarget} from '../lib/oci/layout.ts'
import {readStaged, type Staged} from '../publish/staged.ts'
import {isOpenCall, planSteps, runSteps} from './step.ts'
import {type Cut, type CutWorld, cutSteps} from './steps.ts'
import {
  contentsOf,
  memoryGit,
  type Remote,
  type Steps,
  steppedTarget,
  steps,
  testGitHub,
  testToken,
} from './testing.ts'

const commit = 'c'.repeat(40)
const built = memoryFiles()
let staged: Staged
let cut: Cut
beforeAll(async () => {
  await buildSmall(built, {kernels: [smallKernel('6.12.2+deb13-amd64')]})
  staged = await readStaged('/dist', built)
  cut = {staged, commit, notes: '# Notes', yanked: new Set()}
})

/** The world outside: what a run that is killed leaves behind. */
type Outside = {registry: MemoryFiles; remote: Remote; github: StandIn}
const outside = (options: Partial<StandInOptions> = {}): Outside => ({
  registry: memoryFiles(),
  remote: new Map(),
  github: githubStandIn({token: testToken, ...options}),
})
const worldOf = ({registry, remote, github}: Outside, count: Steps = steps(), who = 'ann'): CutWorld => ({
  git: memoryGit(remote, commit, count, who),
  github: testGitHub(github.fetch, count),
  to: steppedTarget(layoutTarget(registry, '/registry'), count),
  files: built,
  progress: silentProgress,
})
const run = (place: Outside, count?: Steps, who?: string) =>
  runSteps(cutSteps(cut, worldOf(place, count, who)))
const codesOf = (error: unknown) =>
  error instanceof DiagnosticError ? error.diagnostics.map(d => d.code) : error

/** All that can be seen from outside, without what GitHub numbers. */
function seen({registry, remote, github}: Outside) {
  const releases = github.releases.map(({id: _, upload_url: __, assets, ...release}) => ({
    ...release,
    assets: assets.map(({name, digest, state}) => [name, state, digest]).sort(),
  }))
  const latest = github.releases.find(r => r.id === github.latest)?.tag_name
  return {registry: contentsOf(registry), tags: [...remote.keys()], releases, latest}
}

/** Consumers see nothing whose parts are missing. */
async function expectOrder({registry, remote, github}: Outside) {
  const target = layoutTarget(registry, '/registry')
  const there = async (name: string, tag: string) =>
    (await target.repository(name).resolve(tag)) !== undefined
  const images = await there('mock-accel-module', 'v0.2.0-6.12.2_deb13-amd64')
  const chart = await there('charts/mock-device', '0.2.0')
  const whole = await there('mock-device', 'v0.2.0')
  const latest = await there('mock-device', 'latest')
  const published = github.releases.some(r => !r.draft)
  const order = [published, latest, whole, chart, images, remote.has('v0.2.0')]
  expect(order).toEqual(order.toSorted())
}

test('a dry run names every call, in order, and makes none; a second run finds nothing to do', async () => {
  const place = outside()
  const planned = await planSteps(cutSteps(cut, worldOf(place)))
  expect(planned.map(s => s.title)).toMatchInlineSnapshot(`
    [
      "Git tag, the lock",
      "Images, chart, manifests and release files, by version",
      "Verification",
      "GitHub draft with every file",
      "Floating tags",
      "GitHub release",
    ]
  `)
  expect(planned.every(s => s.calls.every(isOpenCall))).toBe(true)
  expect(planned[0]?.calls.map(c => c.call)).toEqual([
    `git tag --annotate v0.2.0 ${commit}`,
    'git push origin refs/tags/v0.2.0',
  ])
  expect(place.github.requests.filter(r => !r.startsWith('GET '))).toEqual([])
  expect(seen(place)).toMatchObject({registry: {}, tags: [], releases: []})

  expect(await run(place)).toEqual(planned)
  const after = seen(place)
  expect(after).toMatchObject({
    tags: ['v0.2.0'],
    latest: 'v0.2.0',
    releases: [{draft: false, tag_name: 'v0.2.0'}],
  })
  const count = steps()
  const again = await run(place, count)
  expect(again.flatMap(s => s.calls).filter(isOpenCall)).toEqual([])
  expect(count.calls.filter(c => /^(?:PUT|POST|PATCH|DELETE|git push|git tag)/.test(c))).toEqual([])
  expect(seen(place)).toEqual(after)
  expect(JSON.stringify([planned, again])).not.toContain(testToken)
})

describe('killed at every call of a whole release', () => {
  test.each(['before', 'after'] as const)(
    '%s it: the next run finishes, and nothing is there twice',
    async when => {
      const calm = outside()
      const count = steps()
      await run(calm, count)
      const expected = seen(calm)
      expect(count.calls.length).toBeGreaterThan(80)
      for (let at = 1; at <= count.calls.length; at++) {
        const place = outside()
        const what = `${when} call ${at}: ${count.calls[at - 1]}`
        await expect(run(place, steps(at, when)), what).rejects.toThrow(Killed)
        await expectOrder(place)
        await run(place)
        expect(seen(place), what).toEqual(expected)
      }
    },
    240_000,
  )
})

test('GitHub breaking off at any request, with any fault: got over, or the next run finishes', async () => {
  const calm = outside()
  await run(calm)
  const expected = seen(calm)
  const faults = ['cut-before', 'cut-after', {status: 502}, 'starter'] as const
  for (const fault of faults)
    for (let at = 1; at <= calm.github.requests.length; at++) {
      const place = outside({fault: ({number}) => (number === at ? fault : undefined)})
      await run(place).catch(error => expect(codesOf(error)).toEqual(['E050']))
      await expectOrder(place)
      await run(place)
      expect(seen(place), `${JSON.stringify(fault)} at ${at}: ${calm.github.requests[at - 1]}`).toEqual(
        expected,
      )
    }
}, 120_000)

test('a secondary rate limit is waited for', async () => {
  const place = outside({pace: 3})
  await run(place)
  expect(seen(place).releases).toMatchObject([{draft: false}])
})

test('of two releasers of one commit the tag lets one go on; both at once leave one whole release', async () => {
  const place = outside()
  const both = await Promise.allSettled([run(place, steps(), 'ann'), run(place, steps(), 'bob')])
  const lost = both.filter(r => r.status === 'rejected')
  expect(lost.map(r => codesOf(r.reason))).toEqual([['L012']])
  const calm = outside()
  await run(calm)
  expect(seen(place)).toEqual(seen(calm))
})

test('past the lock both finish the same release, also when both make a draft', async () => {
  const place = outside()
  place.remote.set('v0.2.0', {id: 'somebody', commit})
  await Promise.all([run(place, steps(), 'ann'), run(place, steps(), 'bob')])
  const calm = outside()
  await run(calm)
  expect(seen(place)).toEqual(seen(calm))
})

test('all that stands elsewhere is told at once, and nothing is sent', async () => {
  const place = outside()
  const others = memoryFiles()
  await buildSmall(others, {kernels: [smallKernel('6.12.2+deb13-amd64')], epoch: 1})
  const other = {...cut, staged: await readStaged('/dist', others), commit: 'd'.repeat(40)}
  const world = {...worldOf(place), git: memoryGit(place.remote, other.commit, steps()), files: others}
  await runSteps(cutSteps(other, world))
  const before = seen(place)
  const error = await run(place).catch((e: unknown) => e)
  expect(new Set(codesOf(error) as string[])).toEqual(new Set(['L010', 'P020', 'L020']))
  expect(seen(place)).toEqual(before)
})

test("a draft with a stranger's file is refused", async () => {
  const place = outside()
  const github = testGitHub(place.github.fetch)
  const draft = await github.createRelease({tag: 'v0.2.0', commit, name: 'x', body: '', prerelease: false})
  await github.upload(draft.id, 'images.txt', Buffer.from('other'))
  await github.upload(draft.id, 'stray', Buffer.from('x'))
  expect(codesOf(await run(place).catch((e: unknown) => e))).toEqual(['L021', 'L021'])
})

test('an older version does not become the latest, but for one that was withdrawn', async () => {
  const latestAfter = async (yanked: ReadonlySet<string>) => {
    const place = outside()
    const github = testGitHub(place.github.fetch)
    const newer = await github.createRelease({tag: 'v0.3.0', commit, name: 'x', body: '', prerelease: false})
    await github.updateRelease(newer.id, {draft: false, latest: true})
    await runSteps(cutSteps({...cut, yanked}, worldOf(place)))
    return seen(place).latest
  }
  expect(await latestAfter(new Set())).toBe('v0.3.0')
  expect(await latestAfter(new Set(['0.3.0']))).toBe('v0.2.0')
})
