import {spawnSync} from 'node:child_process'
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, it} from 'vitest'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'files-'))
})
afterEach(() => rmSync(dir, {recursive: true, force: true}))

const here = import.meta.dirname
const prelude = `
import {realFiles} from ${JSON.stringify(join(here, 'files.ts'))}
import {layoutTarget} from ${JSON.stringify(join(here, '../lib/oci/layout.ts'))}
import {blobOf, mediaTypes} from ${JSON.stringify(join(here, '../lib/oci/descriptor.ts'))}
import {packManifest} from ${JSON.stringify(join(here, '../lib/oci/manifest.ts'))}
import {pushPacked} from ${JSON.stringify(join(here, '../lib/oci/copy.ts'))}
`

/** A script of ours in a mount namespace of its own, after shell commands that prepare it. */
function inNamespace(before: string, script: string) {
  writeFileSync(join(dir, 'script.ts'), prelude + script)
  const command = `${before}; exec "${process.execPath}" "${join(dir, 'script.ts')}"`
  return spawnSync('unshare', ['-rm', 'sh', '-ec', command], {encoding: 'utf8'})
}

it('leaves the old file and nothing else when the disk is really full', () => {
  const full = join(dir, 'full')
  const {stdout, stderr} = inNamespace(
    `mkdir ${full}; mount -t tmpfs -o size=1m tmpfs ${full}`,
    `const files = realFiles()
     await files.write('${full}/f', Buffer.from('old'))
     const error = await files.write('${full}/f', Buffer.alloc(2 << 20)).catch(e => e)
     console.log(error.message, await files.list('${full}'), String(await files.read('${full}/f')))`,
  )
  expect(stderr).toBe('')
  expect(stdout).toMatch(/^E001: .*the disk is full \[ 'f' \] old\n$/)
})

it('says that a tree is read-only', () => {
  const tree = join(dir, 'tree')
  const {stdout, stderr} = inNamespace(
    `mkdir ${tree}; mount -t tmpfs tmpfs ${tree}; mount -o remount,ro ${tree}`,
    `for (const name of ['f', 'a/b/f'])
       console.log((await realFiles().write('${tree}/' + name, Buffer.from('x')).catch(e => e)).message)`,
  )
  expect(stderr).toBe('')
  expect(stdout).toMatch(/^E002: .*read-only/)
  expect(stdout).toMatch(/^E002: .*a\/b\/f lies on a read-only/m)
})

// Every piece of a blob and every call to the file tree is a point at which the process can die.
const publish = `
const [dir, dieAt] = process.argv.slice(2)
let step = 0
const point = () => {
  if (++step === Number(dieAt)) process.kill(process.pid, 'SIGKILL')
}
const plain = realFiles({durable: false})
const files = Object.fromEntries(Object.entries(plain).map(([name, call]) => [name, (...a) => (point(), call(...a))]))
const slow = (text, type) => {
  const blob = blobOf(Buffer.alloc(200_000, text), type)
  const source = {
    size: blob.source.size,
    async *open(start = 0) {
      for await (const all of blob.source.open(start))
        for (let at = 0; at < all.length; at += 50_000) {
          await new Promise(setImmediate)
          point()
          yield all.subarray(at, at + 50_000)
        }
    },
  }
  return {...blob, source}
}
const repository = layoutTarget(files, dir).repository('module')
for (const name of ['one', 'two']) {
  const config = blobOf('{"name":"' + name + '"}', mediaTypes.config)
  const packed = packManifest({config, layers: [slow('shared', mediaTypes.layer), slow(name, mediaTypes.layer)]})
  await pushPacked(repository, packed)
  await repository.tag(name, packed.descriptor)
  await repository.tag('latest', packed.descriptor, {floating: true})
}
console.log(step)
`

it('ends in the same layout after kill -9 at any point and a second run', {timeout: 300_000}, () => {
  const script = join(dir, 'publish.ts')
  writeFileSync(script, prelude + publish)
  const run = (to: string, dieAt = 0) =>
    spawnSync(process.execPath, [script, to, String(dieAt)], {encoding: 'utf8'})
  const tree = (from: string) =>
    readdirSync(from, {recursive: true, withFileTypes: true})
      .filter(e => e.isFile())
      .map(e => [
        join(e.parentPath, e.name).slice(from.length),
        readFileSync(join(e.parentPath, e.name), 'hex'),
      ])
      .sort()
  const calm = join(dir, 'calm')
  const steps = Number(run(calm).stdout)
  expect(steps).toBeGreaterThan(40)
  const points = Array.from({length: 20}, (_, i) => 1 + Math.floor(((i + 0.5) * steps) / 20))
  let leftovers = 0
  for (const dieAt of points) {
    const to = join(dir, `killed-${dieAt}`)
    expect(run(to, dieAt).signal).toBe('SIGKILL')
    const names = existsSync(to) ? readdirSync(to, {recursive: true, encoding: 'utf8'}) : []
    leftovers += names.filter(n => n.includes('.tmp-')).length
    expect(run(to).status).toBe(0)
    expect(tree(to), `killed at ${dieAt} of ${steps}`).toEqual(tree(calm))
  }
  // Otherwise no point lay within a write and the test would prove little.
  expect(leftovers).toBeGreaterThan(0)
})
