import {expect, test} from 'vitest'
import {faultyFiles, Killed} from '../effects/faulty.ts'
import {type MemoryFiles, memoryFiles} from '../effects/memory-files.ts'
import {digestOf} from '../lib/digest.ts'
import {gunzip} from '../lib/gzip.ts'
import {parseSums} from '../lib/sums.ts'
import {untar} from '../lib/untar.ts'
import {buildSmall, smallComponents, smallKernel, smallProgram} from './testing.ts'

const distOf = ({tree}: MemoryFiles) =>
  Object.fromEntries(
    [...tree].filter(([path]) => path.startsWith('/dist/')).map(([p, data]) => [p, data.toString('latin1')]),
  )

const undisturbed = async () => {
  const files = memoryFiles()
  await buildSmall(files)
  return distOf(files)
}

test('two builds give the same bytes, and the second makes and writes nothing', async () => {
  const files = memoryFiles()
  const first = await buildSmall(files)
  expect(first.made).toHaveLength(first.plan.artifacts.length)
  const before = distOf(files)
  const second = await buildSmall(files)
  expect(second.made).toEqual([])
  expect(second.written).toEqual({written: [], removed: []})
  expect(distOf(files)).toEqual(before)
  expect(await undisturbed()).toEqual(before)
})

test('SHA256SUMS lists exactly the release files, rightly', async () => {
  const dist = await undisturbed()
  const names = Object.keys(dist).filter(p => p.startsWith('/dist/release/'))
  const sums = parseSums(dist['/dist/release/SHA256SUMS'] as string)
  expect([...sums.keys()].sort()).toEqual(
    names
      .map(p => p.slice('/dist/release/'.length))
      .filter(n => n !== 'SHA256SUMS')
      .sort(),
  )
  for (const [name, sum] of sums)
    expect(digestOf(Buffer.from(dist[`/dist/release/${name}`] as string, 'latin1'))).toBe(sum)
})

test('the chart archive holds one folder named after the chart, without dates or owners', async () => {
  const dist = await undisturbed()
  const archive = gunzip(Buffer.from(dist['/dist/release/mock-device-0.2.0.tgz'] as string, 'latin1'))
  const entries = [...untar(archive)].map(({path, mode, uid, owner, mtime}) => ({
    path,
    mode,
    uid,
    owner,
    mtime,
  }))
  const common = {mode: 0o644, uid: 0, owner: '', mtime: Date.parse('2026-11-21T00:00:00Z') / 1000}
  expect(entries).toEqual([
    {path: 'mock-device/Chart.yaml', ...common},
    {path: 'mock-device/values.yaml', ...common},
  ])
})

test('a program is Node with its mark switched on and the program behind it, for each architecture', async () => {
  const files = memoryFiles()
  await buildSmall(files, {components: [...smallComponents, smallProgram]})
  const dist = distOf(files)
  for (const arch of ['amd64', 'arm64']) {
    const program = dist[`/dist/release/mock-server-linux-${arch}`] as string
    expect(program).toContain('NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:1')
    expect(program).toContain(`NODE_SEA_BLOB\0\0\0blob for ${arch}`)
  }
})

test('what left the plan leaves dist/', async () => {
  const files = memoryFiles()
  await buildSmall(files)
  const fewer = {kernels: [smallKernel('6.12.2+deb13-amd64')]}
  const {written} = await buildSmall(files, fewer)
  expect(written.removed.length).toBeGreaterThan(0)
  const fresh = memoryFiles()
  await buildSmall(fresh, fewer)
  expect(distOf(files)).toEqual(distOf(fresh))
})

test.each(['ENOSPC', 'EIO', 'kill'] as const)(
  'after %s at any file operation, the next run gives the same bytes',
  async error => {
    const expected = await undisturbed()
    const counted = faultyFiles(memoryFiles(), {failAt: Number.POSITIVE_INFINITY, error})
    await buildSmall(counted)
    const total = counted.calls.length
    expect(total).toBeGreaterThan(100)
    for (let failAt = 1; failAt <= total; failAt++) {
      const files = memoryFiles()
      const outcome = await buildSmall(faultyFiles(files, {failAt, error})).then(
        () => 'passed',
        (e: unknown) => (e instanceof Killed ? 'killed' : 'failed'),
      )
      if (outcome !== 'passed') expect.soft(files.tree.has('/dist/plan.json'), `call ${failAt}`).toBe(false)
      await buildSmall(files)
      expect(distOf(files), `after ${error} at call ${failAt}: ${counted.calls[failAt - 1]}`).toEqual(
        expected,
      )
    }
  },
  120_000,
)

test('cut off between two builds, what is left is one of them or has no plan', async () => {
  const base = memoryFiles()
  const other = {kernels: [smallKernel('6.12.2+deb13-amd64')]}
  await buildSmall(base, other)
  const after = distOf(base)
  await buildSmall(base)
  const before = distOf(base)
  // Of the same version, with other bytes under the same tag.
  const index = '/dist/oci/mock-device/index.json'
  expect(after[index]).not.toBe(before[index])
  const copy = () => memoryFiles(Object.fromEntries(base.tree))
  const counted = faultyFiles(copy(), {failAt: Number.POSITIVE_INFINITY, error: 'kill'})
  await buildSmall(counted, other)
  const plans = new Set<string>()
  for (let failAt = 1; failAt <= counted.calls.length; failAt++) {
    const files = copy()
    await expect(buildSmall(faultyFiles(files, {failAt, error: 'kill'}), other)).rejects.toThrow(Killed)
    const dist = distOf(files)
    const plan = dist['/dist/plan.json']
    plans.add(plan === undefined ? 'none' : plan === before['/dist/plan.json'] ? 'before' : 'after')
    if (plan !== undefined)
      expect(dist, counted.calls[failAt - 1]).toMatchObject(
        plan === before['/dist/plan.json'] ? before : after,
      )
  }
  expect([...plans].sort()).toEqual(['after', 'before', 'none'])
})
