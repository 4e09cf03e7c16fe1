/** Releases of all channels and branches, cut in any order: tags and GitHub's latest go by version. */
import {beforeAll, expect, test} from 'vitest'
import {githubStandIn} from '#testbed/github/stand-in.ts'
import {buildSmall, realMatrix, smallComponents, smallKernel, smallTree} from '../build/testing.ts'
import {type MemoryFiles, memoryFiles} from '../effects/memory-files.ts'
import {silentProgress} from '../effects/progress.ts'
import {digestOf} from '../lib/digest.ts'
import {layoutTarget} from '../lib/oci/layout.ts'
import type {TreeFile} from '../plan/plan.ts'
import {channelOf} from '../plan/tags.ts'
import {releasedAt} from '../publish/released.ts'
import {readStaged} from '../publish/staged.ts'
import {runSteps} from './step.ts'
import {cutSteps} from './steps.ts'
import {memoryGit, type Remote, steps, testGitHub, testToken} from './testing.ts'

const commit = 'c'.repeat(40)
const versions = [
  '0.1.7',
  '0.2.0-nightly.20261120',
  '0.2.0-nightly.20261121',
  '0.2.0-rc.1',
  '0.2.0-rc.2',
  '0.2.0-rc.10',
  '0.2.0',
]
const built = new Map<string, MemoryFiles>()
beforeAll(async () => {
  const matrix = await realMatrix()
  for (const version of versions) {
    const files = memoryFiles()
    const components = smallComponents.map(c => c.id)
    const change = {version, channel: channelOf(version), components}
    const release = {...matrix.release, ...change} as NonNullable<typeof matrix.release>
    const tree = [...smallTree(version)].map(
      ([path, data]): TreeFile => ({path, mode: '0644', digest: digestOf(data).slice(7)}),
    )
    await buildSmall(files, {
      matrix: {...matrix, release},
      tree,
      kernels: [smallKernel('6.12.2+deb13-amd64')],
    })
    built.set(version, files)
  }
})

async function cutInOrder(order: readonly string[]) {
  const to = layoutTarget(memoryFiles(), '/registry')
  const github = githubStandIn({token: testToken})
  const remote: Remote = new Map()
  for (const version of order) {
    const files = built.get(version) ?? memoryFiles()
    const staged = await readStaged('/dist', files)
    const cut = {staged, commit, notes: '# Notes', yanked: new Set<string>()}
    const world = {
      git: memoryGit(remote, commit, steps()),
      github: testGitHub(github.fetch),
      to,
      files,
      progress: silentProgress,
    }
    await runSteps(cutSteps(cut, world))
  }
  const at = async (name: string, tag: string) => {
    const repository = to.repository(name)
    const there = await repository.resolve(tag)
    return there && (await releasedAt(repository, there.digest))?.version
  }
  const tags = ['latest', 'v0', 'v0.1', 'v0.2', 'rc', 'nightly']
  return {
    release: Object.fromEntries(await Promise.all(tags.map(async t => [t, await at('mock-device', t)]))),
    modules: [
      await at('mock-accel-module', 'latest-line'),
      await at('mock-accel-module', 'rc-line'),
      await at('mock-accel-module', 'nightly-line'),
    ],
    latest: github.releases.find(r => r.id === github.latest)?.tag_name,
    prereleases: github.releases.filter(r => r.prerelease).length,
  }
}

const end = {
  release: {
    latest: '0.2.0',
    v0: '0.2.0',
    'v0.1': '0.1.7',
    'v0.2': '0.2.0',
    rc: '0.2.0-rc.10',
    nightly: '0.2.0-nightly.20261121',
  },
  modules: ['0.2.0', '0.2.0-rc.10', '0.2.0-nightly.20261121'],
  latest: 'v0.2.0',
  prereleases: 5,
}

test.each([
  ['oldest first', versions],
  ['newest first', versions.toReversed()],
  ['a fix of the older branch last', [...versions.slice(1), '0.1.7']],
  ['candidates after their version', ['0.2.0', '0.2.0-rc.10', '0.2.0-rc.2', ...versions.slice(0, 4)]],
])(
  '%s: the same end',
  async (_, order) => {
    expect(await cutInOrder(order)).toEqual(end)
  },
  60_000,
)

test('0.1.7 cut after 0.2.0 moves the tag of its own minor only', async () => {
  const {release, latest} = await cutInOrder(['0.2.0', '0.1.7'])
  expect([release, latest]).toEqual([
    {latest: '0.2.0', v0: '0.2.0', 'v0.1': '0.1.7', 'v0.2': '0.2.0'},
    'v0.2.0',
  ])
})
