import {mkdtemp, readdir, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {compile} from './compile.ts'
import {inTurn, type Pair, pairs, sample} from './measure.ts'
import {bundleOurs, oursAt, type Running, start} from './servers.ts'

/** Theirs and ours have so many turns each. */
const turns = 5
const perSecond = 10_000

/** What a server held at one moment: MiB of its own, open descriptors. */
export type Held = {own: number; fds: number}

/** Held after ours' first turn, when everything has been used once, and after its last. */
export type Soak = {pairs: Pair[]; first: Held; last: Held}

/**
 * 10,000 reads in a second, the blocking C server and ours in turn, each turn by a client of its own.
 * @param seconds all in all
 */
export async function soak(seconds: number): Promise<Soak> {
  const folder = await mkdtemp(join(tmpdir(), 'soak-'))
  const servers: Running[] = []
  try {
    const [server, client, script] = await Promise.all([
      compile('server'),
      compile('client'),
      bundleOurs(join(folder, 'ours')),
    ])
    const theirs = join(folder, 'blocking.sock')
    const ours = await start(undefined, oursAt(script, folder, 1, 0))
    servers.push(ours, await start(undefined, [server, 'blocking', theirs]))
    const count = Math.max(1, Math.round((seconds * perSecond) / turns / 2))
    const side = (socket: string) => sample(client, undefined, 'read', socket, count, perSecond)
    const held: Held[] = []
    const [a = [], b = []] = await inTurn(turns, [
      () => side(theirs),
      async () => {
        const result = await side(join(folder, 'pf0.sock'))
        held.push(await holds(ours))
        return result
      },
    ])
    return {pairs: pairs(a, b), first: held[0] as Held, last: held.at(-1) as Held}
  } finally {
    for (const one of servers) await one.stop()
    await rm(folder, {recursive: true, force: true})
  }
}

async function holds(server: Running): Promise<Held> {
  const fds = await readdir(`/proc/${server.pid}/fd`)
  return {own: (await server.memory()).own, fds: fds.length}
}
