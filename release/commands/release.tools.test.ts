import {readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {realFiles} from '../effects/files.ts'
import {readAddendum} from '../kernels/addendum.ts'
import {readLock, writeLock} from '../kernels/lock.ts'
import {collect} from '../lib/bytes.ts'
import {layoutTarget} from '../lib/oci/layout.ts'
import {copyOfCheckout, lockstep} from './testing.ts'

const version = '0.2.0'
const line = 'debian-13-amd64'
let root: string
let remove: () => void
let newest: string
let fullLock: string

/** The checkout as it was before the newest kernel of a line came out. */
beforeAll(async () => {
  const copy = await copyOfCheckout()
  root = copy.root
  remove = copy.remove
  const path = join(root, 'matrix/kernels.lock.yaml')
  fullLock = readFileSync(path, 'utf8')
  const lock = readLock(fullLock, path).value
  const [first, ...older] = lock?.lines[line] ?? []
  if (!lock || !first || older.length === 0) throw new Error(`the lock has no two kernels of ${line}`)
  newest = first.kernel
  writeFileSync(path, writeLock({...lock, lines: {...lock.lines, [line]: older}}))
})
afterAll(() => remove())

const json = async (...argv: string[]) => {
  const {code, out, err} = await lockstep(root, ...argv, '-o', 'json')
  expect({argv, err}).toEqual({argv, err: ''})
  return {code, ...JSON.parse(out)}
}

test('a release is built once, verified and published; the second time there is nothing to do', async () => {
  expect(await json('release', 'build')).toMatchObject({code: 0, version})
  expect(await json('release', 'build')).toMatchObject({code: 0, made: [], written: [], removed: []})
  expect(await json('release', 'verify')).toMatchObject({code: 0, sound: true})
  expect((await lockstep(root, 'release', 'status', '--to', 'oci:pub')).code).toBe(1)
  const first = await json('release', 'publish', '--to', 'oci:pub')
  expect(first.actions.every((a: {action: string}) => a.action === 'push')).toBe(true)
  const second = await json('release', 'publish', '--to', 'oci:pub')
  expect(second.actions.every((a: {action: string}) => a.action === 'done')).toBe(true)
  expect(await json('release', 'status', '--to', 'oci:pub')).toMatchObject({code: 0, whole: true})
  expect(await json('release', 'verify', 'oci:pub')).toMatchObject({code: 0, sound: true})
  expect(await json('release', 'publish', '--to', 'oci:elsewhere')).toMatchObject({code: 0})
}, 900_000)

test('a kernel that came later gets its image beside the release, and no version tag moves', async () => {
  const moved = async () => {
    const {tags} = await json('release', 'status', '--to', 'oci:pub')
    return tags
      .filter((t: {state: string}) => t.state !== 'published')
      .map((t: {repository: string; tag: string}) => `${t.repository}:${t.tag}`)
  }
  expect(await moved()).toEqual([])
  const gate = () => lockstep(root, 'kernels', 'gate', newest, '--registry', 'oci:pub')
  expect((await gate()).code).toBe(1)

  writeFileSync(join(root, 'matrix/kernels.lock.yaml'), fullLock)
  const made = await json('kernels', 'release', version, '--to', 'oci:pub')
  expect(made.kernels.map((k: {kernel: string}) => k.kernel)).toEqual([newest])
  expect((await gate()).code).toBe(0)
  // The tag that follows the line's newest kernel, and no other.
  expect(await moved()).toEqual([expect.stringMatching(/pub\/mock-accel-module:latest-debian-13-amd64$/)])
  const addendum = readAddendum(readFileSync(join(root, made.addendum), 'utf8'), made.addendum)
  const pushed = made.actions.find((a: {tag: string}) => a.tag === addendum.images[0]?.tag)
  expect(addendum.images.map(i => [i.kernel, i.digest])).toEqual([[newest, pushed.digest]])
  expect(await publishedAddenda('pub')).toEqual([addendum])
  expect(await json('kernels', 'release', version, '--to', 'oci:pub')).toMatchObject({
    kernels: [],
    actions: [],
  })

  // What the addendum tells was done for one place; another place gets the images before the addendum.
  const elsewhere = await json('kernels', 'release', version, '--to', 'oci:elsewhere')
  expect(elsewhere.kernels).toEqual(made.kernels)
  expect(elsewhere.addendum).toBeUndefined()
  expect((await lockstep(root, 'kernels', 'gate', newest, '--registry', 'oci:elsewhere')).code).toBe(0)
  expect(await publishedAddenda('elsewhere')).toEqual([addendum])
  expect(await json('release', 'verify', 'oci:elsewhere')).toMatchObject({code: 0, sound: true})

  // Cut off between the last tag and the addendum: the next run writes it.
  rmSync(join(root, made.addendum))
  const again = await json('kernels', 'release', version, '--to', 'oci:pub')
  expect(again.actions.every((a: {action: string}) => a.action === 'done')).toBe(true)
  const written = readAddendum(readFileSync(join(root, again.addendum), 'utf8'), again.addendum)
  expect(written.images).toEqual(addendum.images)
}, 300_000)

/** The addenda that hang on the published release. */
async function publishedAddenda(place: string) {
  const repository = layoutTarget(realFiles(), join(root, place)).repository('mock-device')
  const release = await repository.resolve(`v${version}`)
  if (!release) throw new Error('no release')
  const found = []
  for (const {digest} of await repository.referrers(release.digest)) {
    const manifest = JSON.parse((await repository.readManifest(digest))?.bytes.toString() ?? '')
    const data = await collect(repository.readBlob(manifest.layers[0]).open())
    found.push(readAddendum(data.toString(), digest))
  }
  return found
}

test('another version, and one that nobody published, are refused', async () => {
  const other = await lockstep(root, 'kernels', 'release', '9.9.9', '--to', 'oci:pub')
  expect({code: other.code, err: other.err}).toMatchObject({code: 1})
  expect(other.err).toContain('C018')
  const nowhere = await lockstep(root, 'kernels', 'release', version, '--to', 'oci:nowhere')
  expect(nowhere.err).toContain('C015')
})

test('one flipped bit of what was published is found', async () => {
  const blobs = join(root, 'pub/mock-accel-module/blobs/sha256')
  const name = readdirSync(blobs).sort()[0] as string
  const data = readFileSync(join(blobs, name))
  // Layouts share bytes by links: the file is replaced, not written through.
  rmSync(join(blobs, name))
  writeFileSync(
    join(blobs, name),
    Buffer.concat([data.subarray(0, -1), Buffer.from([(data.at(-1) ?? 0) ^ 1])]),
  )
  const {code, err} = await lockstep(root, 'release', 'verify', 'oci:pub')
  expect(code).toBe(1)
  expect(err).toContain(name.slice(0, 12))
})

test('one kernel alone is built and laid out', async () => {
  const built = await json('kernels', 'build', newest, '--out', 'one')
  expect(built).toMatchObject({code: 0, kernel: newest, lock: 'committed'})
  expect(readdirSync(join(root, 'one')).sort()).toEqual(['oci', 'plan.json'])
  expect((await lockstep(root, 'kernels', 'build', '5.4.0-1-generic')).err).toContain('C019')
}, 120_000)
