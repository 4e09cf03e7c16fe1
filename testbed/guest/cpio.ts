/** One entry of an initial RAM disk; folders above it are made by the kernel only if listed, so list them. */
export type CpioEntry =
  | {path: string; kind: 'dir'; mode?: number}
  | {path: string; kind: 'file'; data: Uint8Array; mode?: number}
  | {path: string; kind: 'symlink'; target: string}
  | {path: string; kind: 'char'; major: number; minor: number; mode?: number}

const types = {dir: 0o040000, file: 0o100000, symlink: 0o120000, char: 0o020000}

/** An archive in the "newc" format, which the kernel unpacks (Documentation/driver-api/early-userspace/buffer-format). */
export function writeCpio(entries: readonly CpioEntry[]): Buffer {
  const parts = entries.map((entry, i) => member(entry, i + 1))
  return Buffer.concat([
    ...parts,
    member({path: 'TRAILER!!!', kind: 'file', data: Buffer.alloc(0), mode: 0}, 0),
  ])
}

function member(entry: CpioEntry, inode: number): Buffer {
  const data = entry.kind === 'file' ? entry.data : Buffer.from(entry.kind === 'symlink' ? entry.target : '')
  const name = Buffer.from(`${entry.path.replace(/^\/+/, '')}\0`)
  const [major, minor] = entry.kind === 'char' ? [entry.major, entry.minor] : [0, 0]
  const fields = [inode, mode(entry), 0, 0, 1, 0, data.length, 0, 0, major, minor, name.length, 0]
  const header = `070701${fields.map(n => n.toString(16).padStart(8, '0')).join('')}`
  return Buffer.concat([pad(Buffer.concat([Buffer.from(header), name])), pad(Buffer.from(data))])
}

const mode = (entry: CpioEntry) =>
  types[entry.kind] | (entry.kind === 'symlink' ? 0o777 : (entry.mode ?? 0o755))

const pad = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)])

/** The folders above a path, outermost first. */
export function parents(path: string): string[] {
  const parts = path.split('/').filter(Boolean).slice(0, -1)
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'))
}
