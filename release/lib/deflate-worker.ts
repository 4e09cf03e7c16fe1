import {parentPort, workerData} from 'node:worker_threads'
import {type DeflateShare, deflateShare} from './deflate.ts'

// A thread of `gzip`; bootstrap/bundle.mjs puts it beside the bundle as a file of its own.
deflateShare(workerData as DeflateShare, piece => parentPort?.postMessage(piece))
