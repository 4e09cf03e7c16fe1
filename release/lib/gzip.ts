import {availableParallelism} from 'node:os'
import {join} from 'node:path'
import {Worker} from 'node:worker_threads'
import {crc32, gunzipSync} from 'node:zlib'
import {fail} from '#lib/diagnostics.ts'
import {type DeflatedPiece, type DeflateShare, deflatePiece, deflateShare, pieceSize} from './deflate.ts'
import {serial} from './limit.ts'

/** Below this the threads' start costs more than they save. */
const worthThreads = 4 * pieceSize
/** A large input takes all cores: the next one waits. */
const inTurn = serial()

/** RFC 1952 section 2.3: DEFLATE, no time, no name, OS "Unix". */
const header = Buffer.from('1f8b0800000000000003', 'hex')

/**
 * gzip with the same bytes everywhere, whatever the machine and the number of threads: one member, of pieces of a
 * MiB that are compressed each by itself (`deflate.ts`).
 */
export async function gzip(
  data: Uint8Array,
  {threads = availableParallelism()}: {threads?: number} = {},
): Promise<Buffer> {
  const pieces = data.length < worthThreads ? inHere(data) : await inTurn(() => inThreads(data, threads))
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(crc32(data), 0)
  trailer.writeUInt32LE(data.length % 2 ** 32, 4)
  return Buffer.concat([header, ...pieces, trailer])
}

function inHere(data: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0; at === 0 || at < data.length; at += pieceSize)
    pieces.push(deflatePiece(data.subarray(at, at + pieceSize), at + pieceSize >= data.length))
  return pieces
}

async function inThreads(data: Uint8Array, threads: number): Promise<Uint8Array[]> {
  const share: DeflateShare = {
    data: new SharedArrayBuffer(data.length),
    next: new SharedArrayBuffer(4),
  }
  new Uint8Array(share.data).set(data)
  const pieces: Uint8Array[] = []
  const take = ({index, bytes}: DeflatedPiece) => {
    pieces[index] = bytes
  }
  if (threads < 2) deflateShare(share, take)
  else await Promise.all(Array.from({length: threads}, () => inWorker(share, take)))
  return pieces
}

function inWorker(share: DeflateShare, take: (piece: DeflatedPiece) => void): Promise<void> {
  // Only sources have a file name of their own; in the bundle this file has become a part of another one.
  const file = import.meta.filename ? 'deflate-worker.ts' : 'deflate-worker.cjs'
  return new Promise((resolve, reject) => {
    const worker = new Worker(join(import.meta.dirname, file), {workerData: share, execArgv: []})
    worker.on('message', take)
    worker.once('error', reject)
    worker.once('exit', code =>
      code === 0 ? resolve() : reject(new Error(`a thread of gzip ended with ${code}`)),
    )
  })
}

/**
 * Unpacks gzip data, several members too.
 * @param limit largest size accepted, against archives made to fill the memory
 * @throws A020 not gzip, cut off, or larger than the limit
 */
export function gunzip(data: Uint8Array, name = 'the data', limit = 2 ** 31): Buffer {
  try {
    return gunzipSync(data, {maxOutputLength: limit})
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    fail({code: 'A020', message: `${name} can't be unpacked: ${reason}`, expected: 'gzip data'}, 1, {cause})
  }
}
