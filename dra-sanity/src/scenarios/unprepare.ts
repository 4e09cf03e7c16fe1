import {randomUUID} from 'node:crypto'
import {setTimeout as sleep} from 'node:timers/promises'
import type {Scenario} from '../scenario.ts'
import {said, type Trial, wire} from '../trial.ts'

const stranger = () => ({namespace: 'default', name: 'dra-sanity-stranger', uid: randomUUID()})

/** NodeUnprepareResources: of what is prepared, was never, is no more, or is gone. */
export const unprepareScenarios: readonly Scenario[] = [
  {
    name: 'unprepare-unknown',
    title: 'kubelet unprepares a claim that the driver has never seen',
    clauses: ['unprepare.unknown', 'unprepare.every-claim', 'unprepare.no-other'],
    async run(t: Trial) {
      const plugin = await t.register()
      for (const version of plugin.versions)
        await t.unprepared(plugin, [stranger(), stranger()], 'unprepare.unknown', {version})
    },
  },
  {
    name: 'unprepare-again',
    title: 'kubelet unprepares a claim twice, because it did not hear the first answer',
    clauses: ['unprepare.unknown', 'unprepare.undone'],
    needs: ['claims'],
    async run(t: Trial) {
      const claims = [await t.claim()]
      const plugin = await t.register()
      const response = await t.prepared(plugin, claims)
      await t.unprepared(plugin, claims)
      await t.unprepared(plugin, claims, 'unprepare.unknown')
      await t.checkUndone(response)
    },
  },
  {
    name: 'unprepare-deleted',
    title: 'the claim was deleted by force while its pod ran; then kubelet unprepares it',
    clauses: ['unprepare.deleted', 'unprepare.undone'],
    needs: ['claims'],
    async run(t: Trial) {
      const claims = [await t.claim()]
      const plugin = await t.register()
      const response = await t.prepared(plugin, claims)
      for (const one of claims) await t.ground.claims?.remove(one)
      await t.unprepared(plugin, claims, 'unprepare.deleted')
      await t.checkUndone(response)
    },
  },
  {
    name: 'unprepare-many',
    title: 'kubelet unprepares a prepared claim and an unknown one in one call',
    clauses: ['unprepare.every-claim', 'unprepare.no-other', 'unprepare.succeeds', 'unprepare.undone'],
    needs: ['claims'],
    async run(t: Trial) {
      const claim = await t.claim()
      const plugin = await t.register()
      const response = await t.prepared(plugin, [claim])
      await t.unprepared(plugin, [claim, stranger()])
      await t.checkUndone(response)
    },
  },
  {
    name: 'unprepare-frees',
    title: 'the device of an ended pod goes to the next claim',
    clauses: ['unprepare.undone', 'prepare.cdi-unique'],
    needs: ['claims'],
    async run(t: Trial) {
      const first = await t.claim()
      const second = await t.claim({sameAs: first})
      const plugin = await t.register()
      const before = await t.prepared(plugin, [first])
      await t.unprepared(plugin, [first])
      const answer = await plugin.prepare([wire(second)])
      t.require('unprepare.undone', answer.ok, `NodePrepareResources: ${said(answer)}`)
      const error = answer.value.claims.get(second.uid)?.error
      t.check('unprepare.undone', !error, `the device is not free: ${error}`)
      const ids = (claims: typeof before.claims) =>
        [...claims.values()].flatMap(one => one.devices.flatMap(device => device.cdiDeviceIds))
      const reused = ids(answer.value.claims).filter(id => ids(before.claims).includes(id))
      t.check('prepare.cdi-unique', reused.length === 0, `${reused.join(', ')} was given to two claims`)
    },
  },
  {
    name: 'unprepare-overtakes',
    title: 'kubelet gives up a prepare because the pod was deleted, and unprepares at once',
    clauses: ['unprepare.last-word', 'unprepare.succeeds'],
    needs: ['claims'],
    run: overtakes,
  },
]

async function overtakes(t: Trial): Promise<void> {
  const plugin = await t.register()
  for (const ms of [0, 1, 2, 4, 8, 16]) {
    const claim = await t.claim()
    const before = await t.ground.cdi?.all()
    const given = new AbortController()
    const call = plugin.prepare([wire(claim)], {signal: given.signal})
    await sleep(ms)
    given.abort()
    await t.unprepared(plugin, [claim])
    await call
    // What is still under way in the driver gets time to do its harm.
    await sleep(200)
    const left = (await t.ground.cdi?.all())?.filter(id => !before?.includes(id)) ?? []
    const what = `a prepare given up after ${ms} ms went on after the unprepare`
    t.check('unprepare.last-word', left.length === 0, `${what}: the CDI folder defines ${left.join(', ')}`)
    const next = await t.claim({sameAs: claim})
    const answer = await plugin.prepare([wire(next)])
    const error = answer.ok ? answer.value.claims.get(next.uid)?.error : said(answer)
    t.check('unprepare.last-word', !error, `${what}: its device is not free: ${error}`)
    await t.unprepared(plugin, [next])
    for (const one of [claim, next]) await t.ground.claims?.remove(one)
  }
}
