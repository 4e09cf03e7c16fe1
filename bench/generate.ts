import {cp, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {readLock, writeLock} from '#release/kernels/lock.ts'
import type {Lock} from '#release/kernels/lock-schema.ts'
import {tool} from '#testbed/tools/tool.ts'
import {type Bench, interleaved, type Row, within} from './measure.ts'
import {timed} from './processes.ts'

const root = join(import.meta.dirname, '..')

/** Generating everything, whole process, against rendering the chart alone; and whether it is linear in kernels. */
export const bench: Bench = async ({progress}) => {
  const helm = await tool('helm4', {progress})
  const ours = {name: './lockstep generate', run: () => timed([join(root, 'lockstep'), 'generate', '-q'])}
  const theirs = {
    name: 'helm template',
    run: () =>
      timed([
        helm,
        'template',
        'mock-device',
        join(root, 'charts/mock-device'),
        '--set',
        'kernelModule.enabled=true',
      ]),
  }
  const first = await within('generate everything, whole process', ours, theirs, 3, 15)
  return [first, await linear()]
}

async function linear(): Promise<Row> {
  const dirs = await Promise.all([200, 2000].map(checkoutWith))
  try {
    const sides = dirs.map((dir, i) => ({
      name: `${[200, 2000][i]} kernels`,
      run: () => timed([join(root, 'lockstep'), 'generate', '-q', '--root', dir]),
    }))
    const [a = 0, b = 0] = await interleaved([sides[1], sides[0]] as typeof sides, 5)
    return {
      what: 'generate with 2,000 kernels against 200, whole process',
      ours: {name: '2,000 kernels', ms: a},
      theirs: {name: '200 kernels', ms: b},
      ratio: {value: a / b, kind: 'of the time', reach: 12, met: a / b <= 12},
    }
  } finally {
    for (const dir of dirs) await rm(dir, {recursive: true, force: true})
  }
}

/** A copy of what people write, with a lock of so many kernels in its first line. */
async function checkoutWith(count: number): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'lockstep-bench-'))
  for (const name of ['matrix', 'components', 'charts', 'deploy', 'docs', 'kernel-driver', 'lib'])
    await cp(join(root, name), join(dir, name), {recursive: true})
  const file = join(dir, 'matrix/kernels.lock.yaml')
  const {value} = readLock(await readFile(file), 'kernels.lock.yaml')
  if (!value) throw new Error('the lock can not be read')
  await writeFile(file, writeLock(grown(value, count)))
  return dir
}

function grown(lock: Lock, count: number): Lock {
  const [line, kernels] = Object.entries(lock.lines)[0] ?? []
  const [first] = kernels ?? []
  if (!line || !first) throw new Error('the lock is empty')
  const many = Array.from({length: count}, (_, i) => ({
    ...first,
    kernel: first.kernel.replace(/\.\d+\+/, `.${10_000 - i}+`),
  }))
  return {...lock, lines: {...lock.lines, [line]: many}}
}
