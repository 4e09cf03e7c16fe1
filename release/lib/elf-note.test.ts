import {execFileSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {withNote} from './elf-note.ts'

/** Offset, address and size of the segments of a kind. */
function segments(elf: Buffer, type: number) {
  const start = Number(elf.readBigUInt64LE(32))
  return Array.from({length: elf.readUInt16LE(56)}, (_, i) => start + i * 56)
    .filter(at => elf.readUInt32LE(at) === type)
    .map(at => [8, 16, 32].map(field => Number(elf.readBigUInt64LE(at + field))))
}

test('a real program still runs, and has the note in memory beside the table of its headers', () => {
  const program = readFileSync('/bin/true')
  const data = Buffer.from('seven b')
  const made = withNote(program, 'A_NOTE', data)
  expect(withNote(program, 'A_NOTE', data)).toEqual(made)
  const [note] = segments(made, 4).slice(-1) as [number[]]
  expect(note[2]).toBe(12 + 8 + 8)
  expect(made.subarray((note[0] as number) + 12, (note[0] as number) + 27).toString()).toBe(
    'A_NOTE\0\0seven b',
  )
  const [load] = segments(made, 1).slice(-1) as [number[]]
  expect(load[0]).toBe(Number(made.readBigUInt64LE(32)))
  expect(made.length).toBe((load[0] as number) + (load[2] as number))
  // Nothing of what was loaded before is covered.
  for (const [, address = 0, size = 0] of segments(program, 1))
    expect(load[1]).toBeGreaterThanOrEqual(address + size)
  const dir = mkdtempSync(join(tmpdir(), 'elf-'))
  try {
    writeFileSync(join(dir, 'program'), made, {mode: 0o755})
    execFileSync(join(dir, 'program'))
  } finally {
    rmSync(dir, {recursive: true})
  }
})

test.each([Buffer.from('#!/bin/sh\n'.padEnd(100)), Buffer.from('\x7fELF\x01\x01'.padEnd(100), 'latin1')])(
  'what is no 64-bit program is refused',
  program => expect(() => withNote(program, 'A', Buffer.alloc(1))).toThrow('A050'),
)
