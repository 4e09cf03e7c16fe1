import {readFileSync} from 'node:fs'
import {fail} from '#lib/diagnostics.ts'
import {loadTopology} from './load.ts'
import type {Topology} from './topology.ts'

/** @throws DiagnosticError U010 when there is no such file, and as `loadTopology` does */
export function readTopology(file: string): Topology {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    fail({code: 'U010', message: `the topology cannot be read: ${(error as Error).message}`}, 2, {
      cause: error,
    })
  }
  return loadTopology(bytes, file)
}
