import {expect, test} from 'vitest'
import {parents, writeCpio} from './cpio.ts'

/** Reads member headers back by the format's own description: 13 hexadecimal fields after the magic. */
function members(archive: Buffer): {name: string; mode: number; data: string; device: number[]}[] {
  const found = []
  const align = (at: number) => (at + 3) & ~3
  for (let at = 0; ; ) {
    expect(archive.toString('latin1', at, at + 6)).toBe('070701')
    const field = (i: number) =>
      Number.parseInt(archive.toString('latin1', at + 6 + 8 * i, at + 14 + 8 * i), 16)
    const name = archive.toString('utf8', at + 110, at + 110 + field(11) - 1)
    const from = align(at + 110 + field(11))
    if (name === 'TRAILER!!!') return found
    found.push({
      name,
      mode: field(1),
      data: archive.toString('utf8', from, from + field(6)),
      device: [field(9), field(10)],
    })
    at = align(from + field(6))
  }
}

test('writes what it was given', () => {
  const archive = writeCpio([
    {path: '/bin', kind: 'dir'},
    {path: 'bin/a', kind: 'file', data: Buffer.from('five!'), mode: 0o600},
    {path: 'bin/link', kind: 'symlink', target: 'a'},
    {path: 'dev/console', kind: 'char', major: 5, minor: 1, mode: 0o600},
  ])
  expect(archive.length % 4).toBe(0)
  expect(members(archive)).toEqual([
    {name: 'bin', mode: 0o040755, data: '', device: [0, 0]},
    {name: 'bin/a', mode: 0o100600, data: 'five!', device: [0, 0]},
    {name: 'bin/link', mode: 0o120777, data: 'a', device: [0, 0]},
    {name: 'dev/console', mode: 0o020600, data: '', device: [5, 1]},
  ])
})

test('folders above a path, outermost first', () => {
  expect(parents('a/b/c')).toEqual(['a', 'a/b'])
  expect(parents('/a')).toEqual([])
})
