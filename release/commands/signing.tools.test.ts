import {spawnSync} from 'node:child_process'
import {createPrivateKey} from 'node:crypto'
import {globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {openToolbox} from '../effects/toolbox/toolbox.ts'
import {readLock} from '../kernels/lock.ts'
import {gunzip} from '../lib/gzip.ts'
import {splitSignature} from '../lib/signing/module-signature.ts'
import {type TestKey, testKey} from '../lib/signing/testing.ts'
import {untar} from '../lib/untar.ts'
import {filesIn, freshCache} from './testing.ts'

const lockPath = 'matrix/kernels.lock.yaml'
const kernel = readLock(readFileSync(lockPath), lockPath).value?.lines['debian-13-amd64']?.[0]?.kernel ?? ''
let made: TestKey
let dir: string
let fresh: ReturnType<typeof freshCache>
beforeAll(async () => {
  made = await testKey()
  dir = mkdtempSync(join(tmpdir(), 'signed-'))
  fresh = freshCache()
})
afterAll(() => {
  made?.remove()
  fresh?.remove()
  rmSync(dir, {recursive: true, force: true})
})

const said: string[] = []
function build(out: string, ...more: string[]) {
  const env = {...process.env, MOCK_DEVICE_CACHE: fresh.cache, LOCKSTEP_DEBUG: '1'}
  const args = ['kernels', 'build', kernel, '--out', join(dir, out), ...more, '-o', 'json']
  const {status, stdout, stderr} = spawnSync('./lockstep', args, {encoding: 'utf8', env})
  said.push(stdout, stderr)
  return {status, stderr, ...(status === 0 ? JSON.parse(stdout) : {})}
}

/** Files of the image, by path. */
function image(out: string): Map<string, Buffer> {
  const blobs = join(dir, out, 'oci/mock-accel-module/blobs/sha256')
  const layers = readdirSync(blobs)
    .map(name => readFileSync(join(blobs, name)))
    .filter(data => data[0] === 0x1f && data[1] === 0x8b)
  return new Map(
    layers.flatMap(layer =>
      [...untar(gunzip(layer))].flatMap(e =>
        e.type === 'file' ? [[e.path, Buffer.from(e.data)] as const] : [],
      ),
    ),
  )
}

test('a signed image: sign-file makes the same bytes, modinfo names the signer, the key is nowhere', async () => {
  const options = ['--sign-key', join(made.dir, 'key.pem'), '--sign-cert', join(made.dir, 'cert.pem')]
  const plain = build('plain')
  expect(plain).toMatchObject({status: 0})
  const signed = build('signed', ...options)
  expect(signed).toMatchObject({status: 0, stderr: ''})
  // The module was compiled once.
  expect(signed.made.some((id: string) => id.startsWith('module:'))).toBe(false)
  expect(signed.digest).not.toBe(plain.digest)

  const path = `opt/lib/modules/${kernel}/mock-accel.ko`
  const [before, after] = [image('plain').get(path), image('signed').get(path)] as [Buffer, Buffer]
  expect(splitSignature(before)).toBeUndefined()
  expect(splitSignature(after)?.module.equals(before)).toBe(true)
  const der = readFileSync(join(dir, 'signed/release/mock-accel-signing.crt'))
  expect(image('signed').get('opt/share/mock-accel/mock-accel-signing.crt')?.equals(der)).toBe(true)
  expect(made.certificate.replace(/-----[A-Z ]+-----|\s/g, '')).toBe(der.toString('base64'))

  const kbuild = globSync(`${fresh.cache}/headers/*/usr/src/linux-kbuild-*`)[0] ?? ''
  writeFileSync(join(made.dir, 'plain.ko'), before)
  writeFileSync(join(made.dir, 'signed.ko'), after)
  const toolbox = await openToolbox()
  const inside = async (...command: string[]) => {
    const binds = [
      {from: made.dir, to: '/build'},
      {from: kbuild, to: '/usr/src', readonly: true},
    ]
    const {code, stdout, stderr} = await toolbox.run(command, {binds, cwd: '/build'})
    expect({command, code, stderr: stderr.toString()}).toEqual({command, code: 0, stderr: ''})
    return stdout.toString().trim()
  }
  await inside('/usr/src/scripts/sign-file', 'sha256', 'key.pem', 'cert.pem', 'plain.ko', 'theirs.ko')
  expect(readFileSync(join(made.dir, 'theirs.ko')).equals(after)).toBe(true)
  expect(await inside('modinfo', '-F', 'signer', './signed.ko')).toBe('module signing test')
  expect(await inside('modinfo', '-F', 'sig_hashalgo', './signed.ko')).toBe('sha256')

  expect(build('other', '--sign-key', 'package.json', '--sign-cert', join(made.dir, 'cert.pem')).status).toBe(
    1,
  )
  expect(filesWith(secrets(made.key))).toEqual([])
}, 300_000)

/** What nobody may ever see of a key: lines of its text, and its secret numbers in any form. */
function secrets(pem: string): Buffer[] {
  const jwk = createPrivateKey(pem).export({format: 'jwk'})
  const numbers = [jwk.d, jwk.p, jwk.q].map(text => Buffer.from(text ?? '', 'base64url'))
  const lines = pem.split('\n').filter(line => line.length > 40 && !line.startsWith('-'))
  return [...numbers, ...lines.map(line => Buffer.from(line))]
}

/** Files of the cache and of all output, and what was said, that hold one of them. */
function filesWith(needles: readonly Buffer[]): string[] {
  // Of the cache what was made here: neither the packages and tools that it shares nor the kernels' headers.
  const own = readdirSync(fresh.cache, {withFileTypes: true})
    .filter(e => !e.isSymbolicLink() && e.name !== 'headers')
    .map(e => join(fresh.cache, e.name))
  const files = [...own, dir].flatMap(folder => filesIn(folder).map(([path]) => join(folder, path)))
  // A search that reaches nothing would prove nothing.
  expect(files.length).toBeGreaterThan(20)
  const read = files.map((path): [string, Buffer] => [path, readFileSync(path)])
  const all: [string, Buffer][] = [...read, ['what was said', Buffer.from(said.join(''))]]
  return all.filter(([, data]) => needles.some(needle => data.includes(needle))).map(([name]) => name)
}
