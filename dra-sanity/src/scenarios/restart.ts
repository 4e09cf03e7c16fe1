import {setImmediate as immediate, setTimeout as sleep} from 'node:timers/promises'
import type {PrepareResponse} from '#lib/protobuf/dra-plugin.ts'
import type {TestClaim} from '../claims.ts'
import type {Signal} from '../hooks.ts'
import {preparedText} from '../judge.ts'
import {getInfo, type Plugin} from '../kubelet.ts'
import type {Scenario} from '../scenario.ts'
import {isSocket} from '../sockets.ts'
import {type Trial, wire} from '../trial.ts'
import {same} from './prepare.ts'

/** At which parts of a call's usual length the plugin is killed. */
const moments = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.75, 0.9, 1.1]

/** Milliseconds. */
const goneWithin = 3000

/** The plugin ends in order, or is killed, and comes back. */
export const restartScenarios: readonly Scenario[] = [
  ...(['SIGTERM', 'SIGKILL'] as const).map(
    (signal): Scenario => ({
      name: signal === 'SIGTERM' ? 'plugin-restarted' : 'plugin-killed',
      title: `the plugin ends by ${signal} under a running pod, starts again, and the claim is unprepared`,
      clauses: [
        'restart.registers',
        'restart.dead-socket',
        'restart.other-process',
        'prepare.idempotent',
        'unprepare.undone',
      ],
      needs: ['claims', 'restart'],
      async run(t: Trial) {
        const claims = [await t.claim()]
        const plugin = await t.register()
        const first = await t.prepared(plugin, claims)
        // Once kubelet prepares again (it was restarted too), once it does not.
        const again = await restarted(t, signal, plugin)
        same(
          t,
          'prepare.idempotent',
          preparedText(claims, first),
          preparedText(claims, await t.prepared(again, claims)),
        )
        const last = await restarted(t, signal, again)
        await t.unprepared(last, claims, 'restart.other-process')
        await t.checkUndone(first)
      },
    }),
  ),
  {
    name: 'plugin-killed-in-prepare',
    title: 'the plugin is killed at one moment after the other while it prepares; kubelet calls again',
    clauses: ['restart.any-moment', 'restart.registers', 'unprepare.undone'],
    needs: ['claims', 'restart'],
    run: t =>
      killedIn(t, async (plugin, claim) => {
        await plugin.prepare([wire(claim)])
      }),
  },
  {
    name: 'plugin-killed-in-unprepare',
    title: 'the plugin is killed at one moment after the other while it unprepares; kubelet calls again',
    clauses: ['restart.any-moment', 'restart.other-process', 'unprepare.undone'],
    needs: ['claims', 'restart'],
    run: t =>
      killedIn(
        t,
        async (plugin, claim) => {
          await plugin.unprepare([wire(claim)])
        },
        (plugin, claim) => t.prepared(plugin, [claim]),
      ),
  },
]

async function restarted(t: Trial, signal: Signal, ended: Plugin): Promise<Plugin> {
  await t.ground.hooks.restart?.(signal)
  const before = t.broken.length
  try {
    const plugin = await t.register()
    await expectNotDead(t, ended.socket)
    return plugin
  } catch (error) {
    // What failed is coming back, whatever was asked last.
    for (const one of t.broken.splice(before))
      t.broken.push({clause: 'restart.registers', message: one.message})
    throw error
  }
}

/** Served again by the new process, or gone: it may be so a moment after that has its own. */
async function expectNotDead(t: Trial, socket: string): Promise<void> {
  const end = Date.now() + goneWithin
  const isDead = async () =>
    (await isSocket(socket)) &&
    !(await getInfo(socket, t.ground.times.getInfo)).ok &&
    (await isSocket(socket))
  let dead = await isDead()
  while (dead && Date.now() < end) {
    await sleep(50)
    dead = await isDead()
  }
  t.check('restart.dead-socket', !dead, `${socket} is still there, and nobody answers`)
}

async function killedIn(
  t: Trial,
  call: (plugin: Plugin, claim: TestClaim) => Promise<void>,
  before?: (plugin: Plugin, claim: TestClaim) => Promise<PrepareResponse>,
): Promise<void> {
  let plugin = await t.register()
  const length = await usualLength(t, plugin, call, before)
  t.note(`the call takes ${length.toFixed(1)} ms undisturbed`)
  for (const part of moments) {
    const claim = await t.claim()
    const prepared = await before?.(plugin, claim)
    const called = call(plugin, claim)
    await passed(part * length)
    const killed = plugin
    plugin = await restarted(t, 'SIGKILL', killed)
    await called
    killed.close()
    const response = prepared ?? (await again(t, plugin, claim, part * length))
    await t.unprepared(plugin, [claim], 'restart.any-moment')
    await t.checkUndone(response)
    await t.ground.claims?.remove(claim)
  }
}

/** The median of three, in milliseconds. */
async function usualLength(
  t: Trial,
  plugin: Plugin,
  call: (plugin: Plugin, claim: TestClaim) => Promise<void>,
  before?: (plugin: Plugin, claim: TestClaim) => Promise<PrepareResponse>,
): Promise<number> {
  const lengths: number[] = []
  for (let i = 0; i < 3; i++) {
    const claim = await t.claim()
    await before?.(plugin, claim)
    const started = performance.now()
    await call(plugin, claim)
    lengths.push(performance.now() - started)
    await t.unprepared(plugin, [claim])
    await t.ground.claims?.remove(claim)
  }
  return lengths.sort((a, b) => a - b)[1] ?? 0
}

/** Timers are as coarse as a call is long. */
async function passed(ms: number): Promise<void> {
  const end = performance.now() + ms
  while (performance.now() < end) await immediate()
}

/** Whatever is wrong with the answer now, being killed is its cause. */
async function again(t: Trial, plugin: Plugin, claim: TestClaim, ms: number): Promise<PrepareResponse> {
  const mark = t.broken.length
  try {
    return await t.prepared(plugin, [claim])
  } finally {
    for (const {message} of t.broken.splice(mark))
      t.broken.push({
        clause: 'restart.any-moment',
        message: `killed after ${ms.toFixed(1)} ms, then: ${message}`,
      })
  }
}
