import {type KernelLine, kernelLine} from '#release/matrix/schema/kernels.ts'
import type {ArchiveFile, Lock} from './lock-schema.ts'

/** A kernel line for tests, in the matrix's own form (every scalar is text). */
export function testLine(fields: Record<string, unknown>): KernelLine {
  const cited = {source: 'measured', asOf: '2026-11-21', level: 'tested', because: 'measured'}
  return kernelLine.parse({title: 'a line', arch: 'amd64', state: 'supported', ...cited, ...fields})
}

/** A lock with the given lines and a base that was made up. */
export function testLock(lines: Lock['lines']): Lock {
  const base: ArchiveFile = {
    name: 'busybox-static',
    version: '1:1.37.0-6',
    suite: 'trixie',
    filename: 'pool/main/b/busybox/busybox-static_1.37.0-6_amd64.deb',
    size: 1000,
    sha256: '0'.repeat(64),
  }
  return {
    apiVersion: 'lockstep/kernels/v1',
    resolved: '2026-11-21',
    base: {amd64: base, arm64: base},
    runtime: {amd64: [base], arm64: [base]},
    lines,
  }
}
