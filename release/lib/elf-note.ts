import {fail} from '#lib/diagnostics.ts'

/** System V ABI, chapter 5: of program headers. */
const PT_LOAD = 1
const PT_NOTE = 4
const PT_PHDR = 6
const readable = 4
const headerSize = 56
/** A multiple of every page size of amd64 and arm64. */
const page = 0x10000

type Segment = {type: number; flags: number; offset: number; address: number; size: number; memory: number}

/**
 * A 64-bit little-endian ELF program with one note more, in a segment that is loaded: how data get into a finished
 * program where it finds them itself. The table of program headers moves to the end of the file, since there is no
 * room for another one where it was; the note follows it.
 * @throws A050 it is no such program
 */
export function withNote(program: Buffer, name: string, data: Uint8Array): Buffer {
  if (program.readUInt32BE(0) !== 0x7f454c46 || program[4] !== 2 || program[5] !== 1)
    fail({code: 'A050', message: 'the program is not 64-bit little-endian ELF'})
  const segments = readSegments(program)
  const loaded = segments.filter(s => s.type === PT_LOAD)
  const [first] = loaded
  if (!first) fail({code: 'A050', message: 'nothing of the program is loaded'})
  // Kernels before 5.18 take the table to lie as far from the first segment in memory as in the file: let it.
  const base = first.address - first.offset
  const end = Math.max(program.length, ...loaded.map(s => s.address + s.memory - base))
  const offset = Math.ceil(end / page) * page
  const address = base + offset
  const tableSize = (segments.length + 2) * headerSize
  const note = noteOf(name, data)
  const size = tableSize + note.length
  const table = [
    ...segments.map(s => (s.type === PT_PHDR ? at(s, offset, address, tableSize) : s)),
    at({type: PT_LOAD, flags: readable}, offset, address, size),
    at({type: PT_NOTE, flags: readable}, offset + tableSize, address + tableSize, note.length),
  ]
  const head = Buffer.from(program.subarray(0, 64))
  head.writeBigUInt64LE(BigInt(offset), 32)
  head.writeUInt16LE(table.length, 56)
  return Buffer.concat([
    head,
    program.subarray(64),
    Buffer.alloc(offset - program.length),
    ...table.map(headerOf),
    note,
  ])
}

function at(kind: Pick<Segment, 'type' | 'flags'>, offset: number, address: number, size: number): Segment {
  return {type: kind.type, flags: kind.flags, offset, address, size, memory: size}
}

function readSegments(program: Buffer): (Segment & {raw: Buffer})[] {
  const start = Number(program.readBigUInt64LE(32))
  return Array.from({length: program.readUInt16LE(56)}, (_, i) => {
    const raw = program.subarray(start + i * headerSize, start + (i + 1) * headerSize)
    const number = (where: number) => Number(raw.readBigUInt64LE(where))
    return {
      raw,
      type: raw.readUInt32LE(0),
      flags: raw.readUInt32LE(4),
      offset: number(8),
      address: number(16),
      size: number(32),
      memory: number(40),
    }
  })
}

/** A program header; one that was there already stays as it was. */
function headerOf(segment: Segment & {raw?: Buffer}): Buffer {
  if (segment.raw) return segment.raw
  const header = Buffer.alloc(headerSize)
  header.writeUInt32LE(segment.type, 0)
  header.writeUInt32LE(segment.flags, 4)
  const numbers = [segment.offset, segment.address, segment.address, segment.size, segment.memory]
  for (const [i, value] of [...numbers, segment.type === PT_LOAD ? page : 8].entries())
    header.writeBigUInt64LE(BigInt(value), 8 + i * 8)
  return header
}

/** Sizes of name and data, a type, the name with a NUL, the data; name and data filled up to 4 bytes. */
function noteOf(name: string, data: Uint8Array): Buffer {
  const text = Buffer.from(`${name}\0`)
  const head = Buffer.alloc(12)
  head.writeUInt32LE(text.length, 0)
  head.writeUInt32LE(data.length, 4)
  return Buffer.concat([head, filled(text), filled(data)])
}

function filled(data: Uint8Array): Buffer {
  return Buffer.concat([data, Buffer.alloc(-data.length & 3)])
}
