import {cp, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {readTree} from '#release/effects/tree.ts'
import type {Exec} from '#release/lib/effects.ts'
import {gzip} from '#release/lib/gzip.ts'
import {tar} from '#release/lib/tar.ts'
import {tool} from '#testbed/tools/tool.ts'
import {type Bench, interleaved, type Row} from './measure.ts'
import {timed} from './processes.ts'

const chart = join(import.meta.dirname, '../charts/mock-device')

/** Charts in one go: what a process costs to start, one chart's time is lost in it. */
const many = 41

/** Packing the chart against `helm package`, without what a process costs to start: 41 charts less one, for each. */
export const bench: Bench = async ({progress}) => {
  const helm = await tool('helm4', {progress})
  const dir = await mkdtemp(join(tmpdir(), 'lockstep-bench-'))
  try {
    const charts = Array.from({length: many}, (_, i) => join(dir, `${i}`, 'mock-device'))
    for (const to of charts) await cp(chart, to, {recursive: true})
    const packed = async (paths: readonly string[]) => {
      for (const path of paths) await writeFile(`${path}.tgz`, await pack(path))
    }
    const helmed = (paths: readonly string[]) => timed([helm, 'package', ...paths, '-d', dir])
    const [first = ''] = charts
    const [a = 0, b = 0, c = 0, d = 0] = await interleaved(
      [
        {name: 'lockstep', run: async () => void (await packed(charts))},
        {name: 'helm package', run: () => helmed(charts)},
        {name: 'lockstep, one', run: async () => void (await packed([first]))},
        {name: 'helm package, one', run: () => helmed([first])},
      ],
      9,
    )
    const [ours, theirs] = [(a - c) / (many - 1), (b - d) / (many - 1)]
    const row: Row = {
      what: 'package the chart, without process start',
      ours: {name: 'lockstep', ms: ours},
      theirs: {name: 'helm package', ms: theirs},
      ratio: {value: ours / theirs, kind: 'of the time', reach: 1, met: ours / theirs <= 1},
      note: `${many} charts less one, by ${many - 1}: lockstep ${a.toFixed(0)} less ${c.toFixed(0)} ms, helm ${b.toFixed(0)} less ${d.toFixed(0)} ms`,
    }
    return [row]
  } finally {
    await rm(dir, {recursive: true, force: true})
  }
}

/** Read, packed and compressed as a build does it. */
async function pack(dir: string): Promise<Buffer> {
  const {files, bytes} = await readTree(dir, withoutGit)
  const entries = files.map(({path}) => ({
    type: 'file' as const,
    path: `mock-device/${path}`,
    data: bytes.get(path) as Buffer,
  }))
  return gzip(tar(entries, {mtime: 0}))
}

/** In a checkout Git lists the files of all charts at once; here each would start it. */
const withoutGit: Exec = {run: () => Promise.reject(new Error('no Git here'))}
