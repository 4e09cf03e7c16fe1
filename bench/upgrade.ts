import {execFile} from 'node:child_process'
import {promisify} from 'node:util'
import {compareCost} from '#release/upgrade/engine/problem.ts'
import {solve} from '#release/upgrade/engine/solve.ts'
import {type Synthetic, synthetic} from '#release/upgrade/engine/synthetic.ts'
import {type Bench, interleaved, median, type Row} from './measure.ts'

const seeds = [1, 2, 3, 4, 5]

/** Plans over synthetic problems of fixed seeds, in this process, and one whole process on the real matrix. */
export const bench: Bench = async () => [
  planned('120 components × 20 versions, clusters of up to 5', 50, {
    components: 120,
    versions: 20,
    cluster: {size: 5},
    pairs: 0.5,
  }),
  planned('a dense cluster of 12 × 8', 1_000, {
    components: 12,
    versions: 8,
    cluster: {size: 12, always: true},
    pairs: 1,
  }),
  planned('1,000 components × 50 versions, sparse', 2_000, {
    components: 1_000,
    versions: 50,
    cluster: {size: 3},
    pairs: 0.3,
  }),
  await wholeProcess(),
]

function planned(what: string, ms: number, shape: Omit<Synthetic, 'seed'>): Row {
  const proven: boolean[] = []
  const times = seeds.map(seed => {
    const problem = synthetic({...shape, seed})
    const start = performance.now()
    const outcome = solve(problem)
    const took = performance.now() - start
    proven.push(
      outcome.kind === 'solved' && compareCost(outcome.solution.cost, outcome.solution.atLeast) === 0,
    )
    return took
  })
  const took = median(times)
  const exact = proven.filter(Boolean).length
  return {
    what: `upgrade plan: ${what}`,
    ours: {name: `median of ${seeds.length} seeds`, ms: took},
    limit: {ms, met: took < ms},
    note: `${exact} of ${seeds.length} proven best; the slowest took ${Math.max(...times).toFixed(0)} ms`,
  }
}

async function wholeProcess(): Promise<Row> {
  const words = [
    'upgrade',
    'plan',
    'mock-device=0.1.0..0.2.0',
    'kubernetes=1.33..1.36',
    'containerd=1.7',
    '-o',
    'json',
  ]
  const run = async () => void (await promisify(execFile)('./lockstep', words))
  const [took = 0] = await interleaved([{name: 'lockstep', run}], 9)
  return {
    what: 'upgrade plan on the real matrix, whole process',
    ours: {name: 'lockstep', ms: took},
    limit: {ms: 300, met: took < 300},
  }
}
