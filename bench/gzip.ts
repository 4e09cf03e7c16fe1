import {readFile} from 'node:fs/promises'
import {gzip} from '#release/lib/gzip.ts'
import {type Bench, faster} from './measure.ts'

/** Our compressor over a large executable, on two cores against one. */
export const bench: Bench = async () => {
  const data = (await readFile(process.execPath)).subarray(0, 64 << 20)
  const on = (threads: number) => async () => void (await gzip(data, {threads}))
  const one = {name: 'one thread', run: on(1)}
  return [await faster('gzip 64 MiB of an executable', {name: 'two threads', run: on(2)}, one, 1.6, 3)]
}
