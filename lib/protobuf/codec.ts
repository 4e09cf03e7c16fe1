/**
 * Messages as tables: `message({name: one(3, string)})` reads and writes proto3, and its type follows from the
 * table. What kubelet's APIs need is here, and no more: text, bool, int64, enum, messages, repeated, maps.
 */
import {ProtobufError, Reader, type WireType, Writer} from './wire.ts'

export {ProtobufError} from './wire.ts'

/** How one kind of value stands on the wire. */
export type Kind<T> = {
  wire: WireType
  /** What an absent field means (proto3's default). */
  zero: () => T
  isZero: (value: T) => boolean
  read: (reader: Reader, before: T | undefined) => T
  write: (writer: Writer, value: T) => void
}

type Field<T> = {
  no: number
  initial: () => T
  read: (reader: Reader, wire: number, before: T) => T
  write: (writer: Writer, value: T) => void
}

// biome-ignore lint/suspicious/noExplicitAny: a table holds fields of every type; each one's is inferred below
type Fields = Record<string, Field<any>>
type Values<F extends Fields> = {[K in keyof F]: F[K] extends Field<infer T> ? T : never}

/** A message: `encode` and `decode` are what gRPC asks for. */
export type Message<T> = Kind<T> & {
  /** Leaves out what is zero; absent keys of `value` are zero too. */
  encode: (value: Partial<T>) => Buffer
  /** @throws ProtobufError */
  decode: (bytes: Uint8Array) => T
}

/** The type of a message's value: `type Device = ValueOf<typeof device>`. */
export type ValueOf<M> = M extends Message<infer T> ? T : never

export const string: Kind<string> = {
  wire: 2,
  zero: () => '',
  isZero: value => value === '',
  read: reader => reader.string(),
  write: (writer, value) => writer.string(value),
}

export const bool: Kind<boolean> = {
  wire: 0,
  zero: () => false,
  isZero: value => !value,
  read: reader => reader.varint() !== 0,
  write: (writer, value) => writer.varint(value ? 1 : 0),
}

/** int64, and enums, as numbers. */
export const int64: Kind<number> = {
  wire: 0,
  zero: () => 0,
  isZero: value => value === 0,
  read: reader => reader.varint(),
  write: (writer, value) => writer.varint(value),
}

/** A field that is there once; absent means the kind's zero. */
export function one<T>(no: number, kind: Kind<T>): Field<T> {
  return {
    no,
    initial: kind.zero,
    read: (reader, wire, before) => kind.read(expecting(reader, wire, kind, no), before),
    write: (writer, value) => {
      if (!kind.isZero(value)) put(writer, no, kind, value)
    },
  }
}

/** Written even if zero, as other implementations do inside maps, where some readers need it. */
function always<T>(no: number, kind: Kind<T>): Field<T> {
  return {...one(no, kind), write: (writer, value) => put(writer, no, kind, value)}
}

/** A field that knows absent from empty. */
export function optional<T>(no: number, kind: Kind<T>): Field<T | undefined> {
  return {
    no,
    initial: () => undefined,
    read: (reader, wire, before) => kind.read(expecting(reader, wire, kind, no), before),
    write: (writer, value) => {
      if (value !== undefined) put(writer, no, kind, value)
    },
  }
}

export function repeated<T>(no: number, kind: Kind<T>): Field<T[]> {
  return {
    no,
    initial: () => [],
    read: (reader, wire, before) => {
      before.push(kind.read(expecting(reader, wire, kind, no), undefined))
      return before
    },
    write: (writer, values) => {
      for (const value of values) put(writer, no, kind, value)
    },
  }
}

/** `map<string, T>`; written in the order of its keys' insertion. */
export function mapOf<T>(no: number, kind: Kind<T>): Field<Map<string, T>> {
  const entry = message({key: always(1, string), value: always(2, kind)})
  return {
    no,
    initial: () => new Map(),
    read: (reader, wire, before) => {
      const {key, value} = entry.read(expecting(reader, wire, entry, no), undefined)
      return before.set(key, value)
    },
    write: (writer, values) => {
      for (const [key, value] of values) put(writer, no, entry, {key, value})
    },
  }
}

export function message<F extends Fields>(fields: F): Message<Values<F>> {
  type T = Values<F>
  const table = Object.entries(fields)
  const byNumber = new Map(table.map(([name, field]) => [field.no, {name, field}]))
  const zero = () => Object.fromEntries(table.map(([name, field]) => [name, field.initial()])) as T

  const decode = (bytes: Uint8Array, into: T = zero()): T => {
    const values: Record<string, unknown> = into
    const reader = new Reader(bytes)
    while (!reader.done) {
      const {no, wire} = reader.tag()
      const known = byNumber.get(no)
      if (known) values[known.name] = known.field.read(reader, wire, values[known.name])
      else reader.skip(wire)
    }
    return into
  }
  const write = (writer: Writer, value: Partial<T>): void => {
    const values: Record<string, unknown> = value
    for (const [name, field] of table) if (values[name] !== undefined) field.write(writer, values[name])
  }
  const encode = (value: Partial<T>): Buffer => {
    const writer = new Writer()
    write(writer, value)
    return writer.finish()
  }
  return {
    wire: 2,
    zero,
    // An absent message and an empty one mean the same in the APIs spoken here.
    isZero: value => encode(value).length === 0,
    read: (reader, before) => decode(reader.bytes(), before),
    write: (writer, value) => writer.framed(() => write(writer, value)),
    encode,
    decode: bytes => decode(bytes),
  }
}

function put<T>(writer: Writer, no: number, kind: Kind<T>, value: T): void {
  writer.tag(no, kind.wire)
  kind.write(writer, value)
}

function expecting<T>(reader: Reader, wire: number, kind: Kind<T>, no: number): Reader {
  if (wire !== kind.wire) throw new ProtobufError(`field ${no} has wire type ${wire}, not ${kind.wire}`)
  return reader
}
