import {createHash} from 'node:crypto'
import {mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises'
import {createServer, type Server} from 'node:http'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test, vi} from 'vitest'
import {fetchDeb} from './download.ts'

const body = Buffer.from('a package, '.repeat(10_000))
const deb = {
  suite: 'trixie',
  filename: 'pool/main/a.deb',
  size: body.length,
  sha256: createHash('sha256').update(body).digest('hex'),
}

let server: Server
let cache = ''
let asked: (string | undefined)[] = []
let answer: (range: number, attempt: number) => {status: number; bytes: Buffer; cut?: boolean}

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'debs-'))
  asked = []
  server = createServer((request, response) => {
    asked.push(request.headers.range)
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
    const {status, bytes, cut} = answer(from, asked.length)
    response.writeHead(status, {'content-length': bytes.length})
    if (!cut) return void response.end(bytes)
    // Cut once the client has kept something: earlier there would be nothing to go on from.
    response.write(bytes.subarray(0, bytes.length / 2), async () => {
      while ((await keptBytes()) === 0) await new Promise(resolve => setTimeout(resolve, 5))
      response.destroy()
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  vi.stubEnv('MOCK_DEVICE_DEBIAN_MIRROR', `http://127.0.0.1:${port}`)
  vi.stubEnv('MOCK_DEVICE_CACHE', cache)
})
async function keptBytes(): Promise<number> {
  const found = await readdir(cache, {recursive: true, withFileTypes: true})
  const sizes = await Promise.all(
    found.filter(e => e.isFile()).map(async e => (await stat(join(e.parentPath, e.name))).size),
  )
  return Math.max(0, ...sizes)
}

afterEach(async () => {
  vi.unstubAllEnvs()
  server.closeAllConnections()
  server.close()
  await rm(cache, {recursive: true})
})

test('fetches once, then answers from the cache', async () => {
  answer = () => ({status: 200, bytes: body})
  const path = await fetchDeb(deb)
  expect(await readFile(path)).toEqual(body)
  expect(await fetchDeb(deb)).toBe(path)
  expect(asked).toHaveLength(1)
})

test('goes on where a cut connection stopped', async () => {
  answer = (from, attempt) =>
    attempt === 1 ? {status: 200, bytes: body, cut: true} : {status: 206, bytes: body.subarray(from)}
  expect(await readFile(await fetchDeb(deb))).toEqual(body)
  expect(asked[1]).toMatch(/^bytes=[1-9]\d*-$/)
})

test('begins anew when the mirror ignores the range', async () => {
  answer = (_, attempt) => ({status: 200, bytes: body, cut: attempt === 1})
  expect(await readFile(await fetchDeb(deb))).toEqual(body)
})

test('a full partial file of a killed run is checked, not trusted', async () => {
  await mkdir(join(cache, 'debs'))
  await writeFile(join(cache, 'debs', `${deb.sha256}.part`), Buffer.alloc(body.length))
  answer = () => ({status: 200, bytes: body})
  expect(await readFile(await fetchDeb(deb))).toEqual(body)
})

test('other bytes are refused and not kept', async () => {
  answer = () => ({status: 200, bytes: Buffer.alloc(body.length)})
  await expect(fetchDeb(deb)).rejects.toThrow(/^T004/)
  answer = () => ({status: 200, bytes: body})
  expect(await readFile(await fetchDeb(deb))).toEqual(body)
})

test('a vanished package is told at once', async () => {
  answer = () => ({status: 404, bytes: Buffer.alloc(0)})
  await expect(fetchDeb(deb)).rejects.toThrow(/^T003/)
  expect(asked).toHaveLength(1)
})
