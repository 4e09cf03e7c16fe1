import {execFileSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import {hashFiles} from '../effects/hash-files.ts'
import {collect} from './bytes.ts'
import {digestOf, verified} from './digest.ts'
import {formatSums, parseSums} from './sums.ts'

const name = fc
  .oneof(
    fc.stringMatching(/^[ *a-zA-Z0-9._+-]{1,20}$/),
    fc
      .array(fc.constantFrom('\\', '\n', '\r', 'n', ' ', '*', 'ä', 'a'), {minLength: 1, maxLength: 8})
      .map(a => a.join('')),
  )
  .filter(n => !['.', '..', '-'].includes(n))
const table = fc.dictionary(name, fc.uint8Array({maxLength: 20}), {noNullPrototype: true})

describe('sums', () => {
  it('are read back', () => {
    fc.assert(
      fc.property(table, files => {
        const sums = new Map(Object.entries(files).map(([n, data]) => [n, digestOf(data)]))
        const text = formatSums(sums)
        expect(new Map([...parseSums(text)].sort())).toEqual(new Map([...sums].sort()))
        expect(formatSums(parseSums(text))).toBe(text)
      }),
    )
  })

  it('are accepted by sha256sum -c --strict, and its own output by us', {timeout: 60_000}, () => {
    fc.assert(
      fc.property(table, files => {
        const names = Object.keys(files)
        if (names.length === 0) return
        const dir = mkdtempSync(join(tmpdir(), 'sums-'))
        try {
          mkdirSync(join(dir, 'd'))
          for (const n of names) writeFileSync(join(dir, 'd', n), files[n] ?? '')
          const sums = new Map(names.map(n => [n, digestOf(files[n] ?? '')]))
          writeFileSync(join(dir, 'SUMS'), formatSums(sums))
          execFileSync('sha256sum', ['-c', '--strict', '--quiet', '../SUMS'], {cwd: join(dir, 'd')})
          const theirs = execFileSync('sha256sum', ['--', ...names], {cwd: join(dir, 'd')}).toString()
          expect(formatSums(parseSums(theirs))).toBe(formatSums(sums))
        } finally {
          rmSync(dir, {recursive: true, force: true})
        }
      }),
      {numRuns: 30},
    )
  })

  it('refuse the name that sha256sum takes for its standard input', () => {
    expect(() => formatSums([['-', digestOf('')]])).toThrow('A030')
  })

  it('tell which line is wrong', () => {
    const good = `${'a'.repeat(64)}  file\n`
    expect(() => parseSums(`${good}nonsense\n`)).toThrow(/A031.*line 2/)
    expect(() => parseSums(good.toUpperCase())).toThrow(/A031/)
    expect(() => parseSums(`\\${'a'.repeat(64)}  fi\\le\n`)).toThrow(/A031/)
    expect(() => parseSums(good + good)).toThrow(/A030/)
    expect(parseSums(`${'a'.repeat(64)} *binary\n`).get('binary')).toBe(`sha256:${'a'.repeat(64)}`)
  })
})

describe('hashFiles', () => {
  it('gives the digests in the order of the files, with and without workers', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'hash-'))
    try {
      const files = [1, 5_000_000, 40_000_000, 0, 3_000_000].map((size, i) => {
        const data = Buffer.alloc(size, `${i}abc`)
        writeFileSync(join(dir, `${i}`), data)
        return {path: join(dir, `${i}`), size, digest: digestOf(data)}
      })
      expect(await hashFiles(files)).toEqual(files.map(f => f.digest))
      const small = files.filter(f => f.size < 10)
      expect(await hashFiles(small)).toEqual(small.map(f => f.digest))
      await expect(hashFiles([...files, {path: join(dir, 'gone'), size: 1}])).rejects.toThrow(/E010.*gone/)
    } finally {
      rmSync(dir, {recursive: true, force: true})
    }
  })
})

describe('verified', () => {
  const stream = async function* (...parts: string[]) {
    for (const p of parts) yield Buffer.from(p)
  }
  it('passes what is right and throws at the end of what is not', async () => {
    const expected = {digest: digestOf('hello'), size: 5}
    expect((await collect(verified(stream('he', 'llo'), expected, 'x'))).toString()).toBe('hello')
    for (const wrong of [['hell'], ['hello', '!'], ['jello']])
      await expect(collect(verified(stream(...wrong), expected, 'the blob'))).rejects.toThrow(
        /O021: the blob/,
      )
  })
})
