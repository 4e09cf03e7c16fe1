import {execFileSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {collect} from './bytes.ts'
import {type TarEntry, tar, tarStream} from './tar.ts'
import {untar} from './untar.ts'

const mtime = 1_767_225_600
const part = fc.oneof(
  fc.stringMatching(/^[a-zA-Z0-9_+-][a-zA-Z0-9._+-]{0,30}$/),
  fc.stringMatching(/^[a-z]{90,160}$/),
  fc.constantFrom('größe', '日本語', 'with space', 'back\\slash', '-dash', 'ünï'),
)
const path = fc.array(part, {minLength: 1, maxLength: 6}).map(p => p.join('/'))
const entry: fc.Arbitrary<TarEntry> = fc.oneof(
  fc.record({
    type: fc.constant('file' as const),
    path,
    mode: fc.constantFrom(0o600, 0o644, 0o755, 0o777),
    data: fc.uint8Array({maxLength: 1500}),
  }),
  fc.record({type: fc.constant('dir' as const), path}),
  fc.record({
    type: fc.constant('symlink' as const),
    path,
    linkname: fc.oneof(path, fc.constant('/abs/target')),
  }),
)
/** No path twice, none below a file, none too long for the file system. */
const entries = fc.array(entry, {maxLength: 12}).map(list => {
  const taken: TarEntry[] = []
  for (const e of list)
    if (
      Buffer.byteLength(e.path) < 900 &&
      !taken.some(
        t => t.path === e.path || e.path.startsWith(`${t.path}/`) || t.path.startsWith(`${e.path}/`),
      )
    )
      taken.push(e)
  return taken
})

describe('tar', () => {
  it('gives back what went in, whatever the order', () => {
    fc.assert(
      fc.property(entries, list => {
        const archive = tar(list, {mtime})
        expect(tar([...list].reverse(), {mtime})).toEqual(archive)
        const read = [...untar(archive)]
        expect(read.map(e => e.path)).toEqual(
          list.map(e => e.path).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
        )
        for (const found of read) {
          const given = list.find(e => e.path === found.path)
          expect(found).toMatchObject({uid: 0, gid: 0, owner: '', group: '', mtime, type: given?.type})
          if (given?.type === 'file') expect(Buffer.from(given.data as Uint8Array)).toEqual(found.data)
          if (given?.type === 'symlink') expect(found.linkname).toBe(given.linkname)
        }
      }),
    )
  })

  it('is unpacked by the real tar to the same tree', {timeout: 60_000}, () => {
    fc.assert(
      fc.property(entries, list => {
        const dir = mkdtempSync(join(tmpdir(), 'tar-'))
        try {
          const archive = tar(list, {mtime})
          writeFileSync(join(dir, 'a.tar'), archive)
          execFileSync('tar', ['xf', 'a.tar'], {cwd: dir, stdio: ['ignore', 'ignore', 'pipe']})
          for (const e of list) {
            if (e.type !== 'file') continue
            expect(readFileSync(join(dir, e.path))).toEqual(Buffer.from(e.data as Uint8Array))
            expect(statSync(join(dir, e.path)).mtimeMs).toBe(mtime * 1000)
            expect(statSync(join(dir, e.path)).mode & 0o100).toBe((e.mode ?? 0) & 0o111 ? 0o100 : 0)
          }
        } finally {
          rmSync(dir, {recursive: true, force: true})
        }
      }),
      {numRuns: 25},
    )
  })

  it('reads what the real tar wrote in its formats', () => {
    const dir = mkdtempSync(join(tmpdir(), 'tar-'))
    const long = `${'x'.repeat(120)}/${'y'.repeat(90)}`
    try {
      execFileSync('mkdir', ['-p', join(dir, 'x'.repeat(120))])
      writeFileSync(join(dir, long), 'long')
      writeFileSync(join(dir, 'größe'), 'utf-8')
      for (const format of ['gnu', 'pax', 'ustar']) {
        const archive = execFileSync('tar', ['cf', '-', `--format=${format}`, long, 'größe'], {cwd: dir})
        expect([...untar(archive)].map(e => [e.path, e.data.toString()])).toEqual([
          [long, 'long'],
          ['größe', 'utf-8'],
        ])
      }
    } finally {
      rmSync(dir, {recursive: true, force: true})
    }
  })

  it('streams the same bytes', async () => {
    const data = Buffer.alloc(70_000, 'abc')
    const source = {
      size: data.length,
      async *open() {
        yield data.subarray(0, 1)
        yield data.subarray(1)
      },
    }
    const streamed = await collect(tarStream([{type: 'file', path: 'f', data: source}], {mtime}))
    expect(streamed).toEqual(tar([{type: 'file', path: 'f', data}], {mtime}))
    const lying = {...source, size: 5}
    await expect(collect(tarStream([{type: 'file', path: 'f', data: lying}], {mtime}))).rejects.toThrow(
      /A003/,
    )
  })

  it.each(['', '/abs', '../up', 'a/../b', './a', 'a//b', 'a/', 'nul\0'])('refuses the path %j', bad => {
    expect(() => tar([{type: 'dir', path: bad}], {mtime})).toThrow(/A001/)
  })

  it('refuses a path that stands twice', () => {
    const twice: TarEntry[] = [
      {type: 'dir', path: 'a'},
      {type: 'file', path: 'a', data: Buffer.alloc(0)},
    ]
    expect(() => tar(twice, {mtime})).toThrow(/A002/)
  })
})

describe('untar', () => {
  const archive = tar([{type: 'file', path: 'dir-name', data: Buffer.from('hello')}], {mtime})

  it('refuses a changed header, a cut archive, and paths that lead out', () => {
    const broken = Buffer.from(archive)
    broken[0] = 0x21
    expect(() => [...untar(broken)]).toThrow(/A010/)
    expect(() => [...untar(archive.subarray(0, 512))]).toThrow(/A011/)
    expect(() => [...untar(archive.subarray(0, 1024))]).toThrow(/A011/)
    for (const path of ['../evil', '/etc/pass', 'a/../../b']) {
      const evil = execFileSync('tar', ['cPf', '-', `--transform=s,.*,${path},`, '/dev/null'])
      expect(() => [...untar(evil)]).toThrow(/A01[23]/)
    }
  })
})
