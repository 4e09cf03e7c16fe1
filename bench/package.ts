import {cp, mkdtemp, readdir, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join, relative} from 'node:path'
import {gzip} from '#release/lib/gzip.ts'
import {tar} from '#release/lib/tar.ts'
import {tool} from '#testbed/tools/tool.ts'
import {type Bench, interleaved, type Row} from './measure.ts'
import {timed} from './processes.ts'

const chart = join(import.meta.dirname, '../charts/mock-device')

/** Packing the chart against `helm package`, each without its process's start. */
export const bench: Bench = async ({progress}) => {
  const helm = await tool('helm4', {progress})
  const dir = await mkdtemp(join(tmpdir(), 'lockstep-bench-'))
  try {
    await cp(chart, join(dir, 'mock-device'), {recursive: true})
    const ours = {name: 'lockstep', run: async () => void (await pack(join(dir, 'mock-device')))}
    const theirs = {
      name: 'helm package',
      run: () => timed([helm, 'package', join(dir, 'mock-device'), '-d', dir]),
    }
    const start = {name: 'helm version', run: () => timed([helm, 'version'])}
    const [a = 0, b = 0, c = 0] = await interleaved([ours, theirs, start], 15)
    const row: Row = {
      what: 'package the chart, without process start',
      ours: {name: 'lockstep', ms: a},
      theirs: {name: 'helm package', ms: b - c},
      ratio: {value: a / (b - c), kind: 'of the time', reach: 1, met: a / (b - c) <= 1},
      note: `helm package ${b.toFixed(1)} ms less helm version ${c.toFixed(1)} ms`,
    }
    return [row]
  } finally {
    await rm(dir, {recursive: true, force: true})
  }
}

async function pack(dir: string): Promise<Buffer> {
  const found = (await readdir(dir, {recursive: true, withFileTypes: true})).filter(e => e.isFile())
  const entries = await Promise.all(
    found.map(async e => {
      const path = join(e.parentPath, e.name)
      return {type: 'file' as const, path: `mock-device/${relative(dir, path)}`, data: await readFile(path)}
    }),
  )
  return gzip(tar(entries, {mtime: 0}))
}
