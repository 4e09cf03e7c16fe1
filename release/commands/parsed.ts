import {createHash} from 'node:crypto'
import {mkdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {deserialize, serialize} from 'node:v8'
import type {Loaded} from '../matrix/load.ts'

/*
 * Reading YAML with positions and judging it costs more than all that is made of it. What a file means depends on
 * its bytes and this program alone, so a sound file's meaning is kept beside the bundle, under both digests.
 * `./lockstep` names the folder, which belongs to one bundle; without it (tests, other runners) nothing is kept.
 */
const folder = () => process.env.LOCKSTEP_PARSED

/**
 * What `load` makes of a file, from last time if the file was sound then and is the same now.
 * @param kind tells apart what the same bytes may be read as
 * @param memory false reads anew: only then does the source know where things stand
 */
export async function parsed<T>(
  kind: string,
  bytes: Buffer,
  file: string,
  load: () => Promise<Loaded<T>> | Loaded<T>,
  memory: boolean,
): Promise<Loaded<T>> {
  const value = memory ? recall<T>(kind, bytes) : undefined
  if (value !== undefined) return {value, source: withoutPlaces(file), diagnostics: []}
  const loaded = await load()
  if (loaded.value !== undefined && loaded.diagnostics.length === 0) remember(kind, bytes, loaded.value)
  return loaded
}

/** What depends on this program alone. */
export async function made<T>(kind: string, make: () => Promise<T> | T): Promise<T> {
  const nothing = Buffer.alloc(0)
  const known = recall<T>(kind, nothing)
  if (known !== undefined) return known
  const value = await make()
  remember(kind, nothing, value)
  return value
}

function recall<T>(kind: string, bytes: Buffer): T | undefined {
  const dir = folder()
  if (dir === undefined) return undefined
  try {
    return deserialize(readFileSync(join(dir, nameOf(kind, bytes)))) as T
  } catch {
    return undefined
  }
}

function remember(kind: string, bytes: Buffer, value: unknown): void {
  const dir = folder()
  if (dir === undefined) return
  try {
    mkdirSync(dir, {recursive: true})
    const path = join(dir, nameOf(kind, bytes))
    writeFileSync(`${path}.${process.pid}`, serialize(value))
    renameSync(`${path}.${process.pid}`, path)
  } catch {
    // A checkout that can't be written to is read anew each time.
  }
}

function nameOf(kind: string, bytes: Buffer): string {
  return `${kind}-${createHash('sha256').update(bytes).digest('hex')}`
}

/** What is remembered has no places: who has something to tell about a file reads it anew. */
function withoutPlaces(file: string): Loaded<unknown>['source'] {
  const start = () => ({file, line: 1, col: 1})
  return {file, text: '', value: undefined, diagnostics: [], locate: start, locateKey: start}
}
