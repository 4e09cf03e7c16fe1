/**
 * The vfio-user server against the least that a server in C can be: the same client, over the same kind of socket.
 * BENCH_QUICK makes it short: to see that it runs, not to believe its figures. The ten minutes are `soak.ts`.
 */
import {mkdir, mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {Bench, Row} from '../measure.ts'
import {compile} from './compile.ts'
import {powerOn} from './guest.ts'
import {beside, inTurn, type Mode, pairs, rateRatio, rateRow, sample, tailRow} from './measure.ts'
import {bundleOurs, oursAt, type Pin, type Running, start} from './servers.ts'

const quick = process.env.BENCH_QUICK !== undefined
const rounds = quick ? 3 : 9
const counts: Record<Mode, number> = quick
  ? {read: 3000, flight: 30_000, posted: 30_000}
  : {read: 20_000, flight: 300_000, posted: 300_000}

type Setting = {name: string; serverPin: Pin; clientPin: Pin}
type Programs = {server: string; client: string; ours: string}

const settings: readonly Setting[] = [
  {name: 'pinned (servers on processor 0, clients on 1)', serverPin: '0', clientPin: '1'},
  {name: 'unpinned', serverPin: undefined, clientPin: undefined},
]

export const bench: Bench = () =>
  withFolder(async folder => {
    const [server, client, ours] = await Promise.all([
      compile('server'),
      compile('client'),
      bundleOurs(join(folder, 'ours')),
    ])
    const programs = {server, client, ours}
    const rows: Row[] = []
    for (const setting of settings)
      rows.push(...(await plain(programs, setting)), ...(await polling(programs, setting)))
    rows.push(await memory(ours, 1, 64), await memory(ours, 32, 96), await powerOn(quick ? 1 : 3))
    return rows
  })

async function plain(programs: Programs, {name, serverPin, clientPin}: Setting): Promise<Row[]> {
  return withServers(async (folder, run) => {
    const [blocking, batching] = [join(folder, 'blocking.sock'), join(folder, 'batching.sock')]
    await run(serverPin, [programs.server, 'blocking', blocking])
    await run(serverPin, [programs.server, 'batching', batching])
    await run(serverPin, oursAt(programs.ours, folder, 1, 0))
    const compare = async (mode: Mode, theirs: string) => {
      const side = (socket: string) => () => sample(programs.client, clientPin, mode, socket, counts[mode])
      const [a = [], b = []] = await inTurn(rounds, [side(theirs), side(join(folder, 'pf0.sock'))])
      return pairs(a, b)
    }
    const reads = await compare('read', blocking)
    return [
      rateRow(`${name}: one register read at a time`, reads, 0.9, 'blocking C'),
      tailRow(`${name}: one register read at a time, p99`, reads, 'p99', 1.3, 'blocking C'),
      rateRow(`${name}: 32 reads in flight`, await compare('flight', batching), 0.7, 'batching C'),
      rateRow(`${name}: posted writes`, await compare('posted', batching), 0.7, 'batching C'),
    ]
  })
}

/**
 * While a second function is read 1,000 times a second; theirs has a second client as well. What polling can gain is
 * the server's own wake-up. Where the kernel puts a sleeping server and its client on one processor, that costs next to
 * nothing, while a poller keeps its client from it: a server in C that only polls shows what can be had.
 */
async function polling(programs: Programs, {name, serverPin, clientPin}: Setting): Promise<Row[]> {
  return withServers(async (folder, run) => {
    const [blocking, spinning] = [join(folder, 'blocking.sock'), join(folder, 'polling.sock')]
    const [sleeper, poller] = [join(folder, 'sleeper'), join(folder, 'poller')]
    await run(serverPin, [programs.server, 'blocking', blocking])
    await run(serverPin, [programs.server, 'polling', spinning])
    for (const [place, busyPollUs] of [
      [sleeper, 0],
      [poller, 200],
    ] as const) {
      await mkdir(place)
      await run(serverPin, oursAt(programs.ours, place, 2, busyPollUs))
    }
    const side = (socket: string, other: string) => () =>
      beside(programs.client, clientPin, other, 1000, () =>
        sample(programs.client, clientPin, 'read', socket, counts.read),
      )
    const ours = (place: string) => side(join(place, 'pf0.sock'), join(place, 'pf1.sock'))
    const [theirs = [], most = [], slept = [], polled = []] = await inTurn(rounds, [
      ...[side(blocking, blocking), side(spinning, blocking)],
      ...[ours(sleeper), ours(poller)],
    ])
    const bound = rateRatio(pairs(theirs, most)).toFixed(2)
    const what = `${name}: one at a time, busy polling two functions`
    return [
      {
        ...rateRow(what, pairs(theirs, polled), 2, 'blocking C'),
        note: `a server in C that polls: ${bound}× the blocking one`,
      },
      rateRow(`${what}, against sleeping`, pairs(slept, polled), 0.95, 'ours, sleeping'),
    ]
  })
}

async function memory(ours: string, devices: number, most: number): Promise<Row> {
  return withServers(async (folder, run) => {
    const {total, own} = await (await run(undefined, oursAt(ours, folder, devices, 0))).memory()
    const what = `idle with ${devices} ${devices === 1 ? 'device' : 'devices'}`
    return {
      what,
      ours: {name: 'ours', mib: total},
      limit: {mib: most, met: total <= most},
      note: `its own: ${own.toFixed(1)} MiB`,
    }
  })
}

async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, {recursive: true, force: true})
  }
}

/** A folder for sockets, and servers that end with it. */
function withServers<T>(
  work: (folder: string, run: (pin: Pin, command: readonly string[]) => Promise<Running>) => Promise<T>,
): Promise<T> {
  return withFolder(async folder => {
    const servers: Running[] = []
    try {
      return await work(folder, async (pin, command) => {
        const server = await start(pin, command)
        servers.push(server)
        return server
      })
    } finally {
      for (const server of servers) await server.stop()
    }
  })
}
