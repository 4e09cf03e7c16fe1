/** `release cut` as a whole process: ended by kill -9, and run by two people at once. */
import {chmodSync, mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {forEachLimited} from '../lib/limit.ts'
import {expectWhole} from '../publish/testing.ts'
import {cli} from './cli.ts'
import {commands} from './table.ts'
import {git} from './test-checkout.ts'
import {cut, type Place, type SmallRelease, seen, smallRelease, tag, version} from './test-cut.ts'
import {done, points, stepsOf} from './test-process.ts'
import {testWorld} from './testing.ts'

let small: SmallRelease
beforeAll(async () => {
  small = await smallRelease()
}, 300_000)
afterAll(() => small?.remove())

async function at<T>(work: (place: Place) => Promise<T>): Promise<T> {
  const place = await small.place()
  try {
    return await work(place)
  } finally {
    await place.close()
  }
}

/** What only looks runs in this process. */
async function asked(place: Place, root: string, ...argv: string[]) {
  const {world, written} = testWorld([...argv, '--quiet', '-o', 'json'], {cwd: root, env: place.env})
  const code = await cli(world, commands)
  return {code, err: written.err, ...(written.out ? JSON.parse(written.out) : {})}
}

/** Nothing is left to do: everything is there, with signatures that are sound. */
async function expectFinished(place: Place, root: string, what: string): Promise<void> {
  const status = await asked(place, root, 'release', 'status', version, ...place.args)
  expect({what, ...status}).toMatchObject({what, code: 0, err: '', whole: true})
  const calls = status.next.flatMap((s: {calls: {state: string}[]}) => s.calls)
  expect(calls.filter((c: {state: string}) => c.state === 'open')).toEqual([])
}

/** The same, and a consumer who has only the registry and the key finds it sound. */
async function expectReleased(place: Place, root: string): Promise<void> {
  await expectFinished(place, root, 'released')
  const trust = ['--release', version, '--key', small.publicKey]
  const verified = await asked(place, root, 'release', 'verify', `${place.registry.host}/acme`, ...trust)
  expect(verified).toMatchObject({code: 0, err: '', sound: true})
}

/** Nobody sees anything whose parts are missing: chart before images, a GitHub release before all the rest. */
function expectOrder({remote, registry, github}: Place): void {
  expectWhole(registry)
  const has = (name: string, wanted: RegExp) =>
    [...(registry.repositories.get(`acme/${name}`)?.tags.keys() ?? [])].some(t => wanted.test(t))
  const order = [
    github.releases.some(r => !r.draft),
    has('mock-device', /^latest$/),
    github.releases.length > 0,
    has('mock-device', new RegExp(`^${tag}$`)),
    has('mock-device-manifests', new RegExp(`^${tag}$`)),
    has('charts/mock-device', new RegExp(`^${version}$`)),
    has('mock-accel-module', new RegExp(`^${tag}-`)),
    git(remote, 'tag', '--list', tag) !== '',
  ]
  expect(order).toEqual(order.toSorted())
}

test('a cut that was killed at any of 20 points is finished by the next one, and nothing is there twice', {
  timeout: 900_000,
}, async () => {
  const {expected, steps} = await at(async place => {
    const root = place.clone('calm')
    const names = await stepsOf(
      ['release', 'cut', '--yes', '--quiet', ...place.args],
      {...place, root},
      small.work,
    )
    await expectReleased(place, root)
    return {expected: seen(place), steps: names}
  })
  expect(expected).toMatchObject({tags: [expect.stringContaining(`refs/tags/${tag}`)], latest: tag})
  // Before the tag nothing happens outside: few points there.
  const before = steps.findIndex(name => name.includes('git tag --annotate'))
  expect(before).toBeGreaterThan(10)
  expect(steps.length - before).toBeGreaterThan(100)
  const kills = [...points(2, before, 4), ...points(18, steps.length - before, 5).map(n => before + n)]
  const halfway = new Set<string>()
  await forEachLimited(kills, 2, dieAt =>
    at(async place => {
      const root = place.clone('ann')
      const what = `kill -9 at step ${dieAt} of ${steps.length}: ${steps[dieAt - 1]}`
      const killed = await cut(place, root, dieAt)
      // Requests that go out at once have no fixed order; only the very last step may not come.
      if (killed.status !== 0) expect({what, ...killed}).toMatchObject({what, signal: 'SIGKILL', stdout: ''})
      expectOrder(place)
      const found = JSON.stringify(seen(place))
      if (found !== JSON.stringify(expected)) halfway.add(found)
      done(await cut(place, root), what)
      expect(seen(place), what).toEqual(expected)
      await expectFinished(place, root, what)
    }),
  )
  // Otherwise the points lay beside the work, and this would prove little.
  expect(halfway.size).toBeGreaterThan(8)
})

/** Lets `git push` go on only when both releasers have got so far, each having found no tag at the remote. */
function meetBeforePush(clones: readonly string[]): void {
  const met = join(small.work, 'met')
  mkdirSync(met)
  for (const [i, clone] of clones.entries()) {
    const hook = join(clone, '.git/hooks/pre-push')
    mkdirSync(join(clone, '.git/hooks'), {recursive: true})
    const wait = `n=0; until [ $(ls "${met}" | wc -l) -ge ${clones.length} ] || [ $n -ge 1200 ]; do sleep 0.05; n=$((n+1)); done`
    writeFileSync(hook, `#!/bin/sh\n: > "${met}/${i}"\n${wait}\n`)
    chmodSync(hook, 0o755)
  }
}

test(
  'of two releasers of two commits who push at once one wins; the other is told so and leaves nothing',
  {
    timeout: 300_000,
  },
  () =>
    at(async place => {
      const clones = [place.clone('ann'), place.clone('bob')] as const
      for (const root of clones) {
        writeFileSync(join(root, 'README.md'), `${root}\n`)
        git(root, 'commit', '--quiet', '--all', '--message', 'Tell who releases')
      }
      meetBeforePush(clones)
      const [ann, bob] = await Promise.all(clones.map(root => cut(place, root)))
      if (!ann || !bob) throw new Error('two were started')
      expect([ann.status, bob.status].sort(), ann.stderr + bob.stderr).toEqual([0, 1])
      const [winner, loser, lost] = ann.status === 0 ? [...clones, bob] : [clones[1], clones[0], ann]
      expect(lost.stdout).toBe('')
      expect(lost.stderr).toContain(`error[L012]: another releaser pushed ${tag} to origin a moment ago`)
      expect(git(loser, 'tag', '--list')).toBe('')
      // All that is there says that it is the winner's, and nothing is there twice.
      await expectReleased(place, winner)
      const head = git(winner, 'rev-parse', 'HEAD').trim()
      expect(seen(place).tags).toEqual([`${head}\trefs/tags/${tag}^{}`])
      expect(place.github.releases.map(r => r.target_commitish)).toEqual([head])
      const kinds = Object.values(seen(place).registry).flatMap(r => r.hanging)
      expect(kinds).toEqual([...new Set(kinds)])
      const again = await cut(place, loser)
      expect(again).toMatchObject({status: 1, stdout: ''})
      expect(again.stderr).toContain('error[L010]')
      expect(again.stderr).not.toContain('error[L011]')
    }),
)
