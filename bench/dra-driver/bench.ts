/** Ours against Kubernetes' own test driver: calls, start, memory, idle processor time. */
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {startControlPlane} from '#testbed/cluster/control-plane.ts'
import {addFakeNode} from '#testbed/cluster/nodes.ts'
import {openApi} from '../../dra-sanity/src/api.ts'
import {type Bench, median, type Row} from '../measure.ts'
import {percentile, type Times, timeCalls} from './calls.ts'
import {type Contender, ours, processorSeconds, type Running, start, theirs} from './drivers.ts'

const quick = process.env.BENCH_QUICK !== undefined
const effort = quick ? {rounds: 3, block: 20} : {rounds: 20, block: 50}
const starts = quick ? 2 : 5
const idleSeconds = quick ? 10 : 60

export const bench: Bench = async () => {
  const places = {disk: await mkdtemp(join(tmpdir(), 'bench-')), memory: await mkdtemp('/dev/shm/bench-')}
  const plane = await startControlPlane()
  const api = await openApi(plane.kubeconfig)
  const all: Running[] = []
  try {
    for (const node of ['node1', 'node2']) await addFakeNode(plane, node, '6.12.107-amd64')
    const contenders = [
      await ours(plane, places, 'node1', 'none'),
      await theirs(plane, places, 'node1'),
      await ours(plane, places, 'node2', 'fsync'),
    ]
    const rows = await timeStarts(contenders.slice(0, 2), one => start(one, api))
    for (const one of contenders) all.push(await start(one, api))
    const [, , durable] = all as [Running, Running, Running]
    rows.push(...(await idle(durable)))
    for (const devices of [1, 32]) rows.push(...(await callRows(contenders, all, devices)))
    rows.push(...memoryRows('after the calls', durable, {workingSet: 128}))
    return rows
  } finally {
    for (const one of all) await one.stop()
    api.close()
    await plane.stop()
    for (const place of Object.values(places)) await rm(place, {recursive: true, force: true})
  }
}

async function callRows(
  contenders: readonly Contender[],
  all: readonly Running[],
  devices: number,
): Promise<Row[]> {
  const pairs = await Promise.all(
    all.map(async running => ({running, claim: await running.claims.make({devices})})),
  )
  const [own, other, durable] = (await timeCalls(pairs, effort)) as [Times, Times, Times]
  for (const {running, claim} of pairs) await running.claims.remove(claim)
  const what = `${devices} ${devices === 1 ? 'device' : 'devices'}`
  const processor = `processor time of both calls: ours ${own.processor.toFixed(2)} ms, ${contenders[1]?.name} ${other.processor.toFixed(2)} ms`
  const row = (call: 'prepare' | 'unprepare', name: string, part: number, reach?: number): Row => {
    const [a = 0, b = 0, c = 0] = [own, other, durable].map(times => percentile(times[call], part))
    return {
      what: `${call} ${what}, ${name}`,
      ours: {name: 'ours', ms: a},
      theirs: {name: contenders[1]?.name ?? '', ms: b},
      ...(reach ? {ratio: {value: a / b, kind: 'of the time', reach, met: a / b <= reach}} : {}),
      note: `with --durability fsync: ${c.toFixed(2)} ms${part === 0.5 ? `; ${processor}` : ''}`,
    }
  }
  return [
    row('prepare', 'p50', 0.5, 1.2),
    row('prepare', 'p99', 0.99, 1.5),
    // Theirs has no state to write: shown, not judged.
    row('unprepare', 'p50', 0.5),
    row('unprepare', 'p99', 0.99),
  ]
}

/** From the process's start to devices in the API: in turn, medians. */
async function timeStarts(
  contenders: readonly Contender[],
  run: (one: Contender) => Promise<Running>,
): Promise<Row[]> {
  const times = contenders.map((): number[] => [])
  for (let round = 0; round < starts; round++)
    for (const [i, one] of contenders.entries()) {
      const running = await run(one)
      times[i]?.push(running.firstSlice)
      await running.stop()
    }
  const [a = 0, b = 0] = times.map(median)
  const row = {ours: {name: 'ours', ms: a}, theirs: {name: contenders[1]?.name ?? '', ms: b}}
  return [
    {
      ...{what: 'start to first slice', ...row},
      ratio: {value: a / b, kind: 'of the time', reach: 1.5, met: a / b <= 1.5},
    },
    {what: 'start to first slice', ours: row.ours, limit: {ms: 2000, met: a < 2000}},
  ]
}

/** Nobody calls; the regular work goes on. */
async function idle(running: Running): Promise<Row[]> {
  await sleep(3000)
  const before = processorSeconds(running.pid)
  await sleep(idleSeconds * 1000)
  const millicores = ((processorSeconds(running.pid) - before) / idleSeconds) * 1000
  return [
    {
      what: `idle for ${idleSeconds} s, processor`,
      ours: {name: 'ours', millicores},
      limit: {millicores: 10, met: millicores <= 10},
    },
    ...memoryRows('idle', running, {workingSet: 64, anonymous: 32}),
  ]
}

/** Anonymous memory is the process's own; resident counts Node's own file too, which all of its processes share. */
function memoryRows(when: string, running: Running, most: {workingSet: number; anonymous?: number}): Row[] {
  const {resident, anonymous, workingSet} = running.memory()
  const row = (what: string, mib: number, limit: number, note?: string): Row => ({
    ...{what: `${what}, ${when}`, ours: {name: 'ours', mib}, limit: {mib: limit, met: mib <= limit}},
    ...(note ? {note} : {}),
  })
  return [
    row(
      'working set',
      workingSet ?? resident,
      most.workingSet,
      workingSet ? '' : 'no control groups here: resident',
    ),
    ...(most.anonymous
      ? [row('anonymous memory', anonymous, most.anonymous, `resident: ${resident.toFixed(1)} MiB`)]
      : []),
  ]
}
