import {preparedText} from '../judge.ts'
import {openPlugin, type Plugin} from '../kubelet.ts'
import type {Scenario} from '../scenario.ts'
import {isSocket} from '../sockets.ts'
import type {Trial} from '../trial.ts'
import {same} from './prepare.ts'

/** Two instances at once, as a DaemonSet with maxSurge runs them. */
export const rollingScenarios: readonly Scenario[] = [
  {
    name: 'rolling-update',
    title: 'a new instance starts beside the old one, both are called in turn, and one of them ends',
    clauses: ['rolling.own-sockets', 'rolling.shared-state', 'rolling.clean-end'],
    needs: ['claims', 'second'],
    run: rolling,
  },
]

async function rolling(t: Trial): Promise<void> {
  const first = await t.register()
  const kept = await t.claim()
  const before = await t.prepared(first, [kept])
  const other = await t.ground.hooks.second?.()
  t.atEnd(() => other?.stop())
  const second = await registerSecond(t, first)
  t.require('rolling.own-sockets', second.endpoint !== first.endpoint, `both serve ${first.endpoint}`)

  // Old to new, and new to old: kubelet promises nothing about whom it calls.
  same(
    t,
    'prepare.idempotent',
    preparedText([kept], before),
    preparedText([kept], await t.prepared(second, [kept])),
  )
  await t.unprepared(second, [kept], 'rolling.shared-state')
  await t.checkUndone(before)
  const back = await t.claim()
  const prepared = await t.prepared(second, [back])
  await t.unprepared(first, [back], 'rolling.shared-state')
  await t.checkUndone(prepared)

  // Both prepare at once: the state is shared, so is the lock on it.
  const claims = [await t.claim(), await t.claim()]
  const answers = await Promise.all(claims.map((one, i) => t.prepared(i === 0 ? first : second, [one])))
  await Promise.all(
    claims.map((one, i) => t.unprepared(i === 0 ? second : first, [one], 'rolling.shared-state')),
  )
  for (const one of answers) await t.checkUndone(one)

  await other?.stop()
  for (const path of [second.socket, second.endpoint])
    t.check('rolling.clean-end', !(await isSocket(path)), `${path} is still there`)
  const last = [await t.claim()]
  await t.prepared(first, last)
  await t.unprepared(first, last)
}

async function registerSecond(t: Trial, first: Plugin): Promise<Plugin> {
  const found = await t.lookup([first.socket])
  t.require('rolling.own-sockets', found !== undefined, 'no second registration socket answered')
  const plugin = openPlugin(found.socket, found.info, t.ground.times)
  t.atEnd(() => plugin.close())
  return plugin
}
