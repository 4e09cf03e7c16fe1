import {setTimeout as sleep} from 'node:timers/promises'
import {preparedText} from '../judge.ts'
import {getInfo, type Version} from '../kubelet.ts'
import type {Scenario} from '../scenario.ts'
import {said, type Trial, wire} from '../trial.ts'

const everyAnswer = [
  'prepare.succeeds',
  'prepare.in-time',
  'prepare.every-claim',
  'prepare.no-other',
  'prepare.own',
  'prepare.named',
  'prepare.requests',
  'prepare.cdi-id',
  'prepare.cdi-unique',
  'prepare.cdi-there',
  'prepare.cdi-sound',
] as const

/** NodePrepareResources: what is asked once, again, together, and wrongly. */
export const prepareScenarios: readonly Scenario[] = [
  ...(['v1', 'v1beta1'] as const).map(version => ({
    name: `prepare-${version}`,
    title: `kubelet prepares and unprepares a claim by ${version}`,
    clauses: [...everyAnswer, 'unprepare.succeeds'] as const,
    needs: ['claims'] as const,
    run: (t: Trial) => throughVersion(t, version),
  })),
  {
    name: 'prepare-versions',
    title:
      'kubelet is upgraded and downgraded: it prepares by one version, again by the other, and unprepares by that',
    clauses: ['prepare.v1beta1', 'prepare.idempotent'],
    needs: ['claims'],
    async run(t: Trial) {
      const plugin = await t.register()
      if (plugin.versions.length < 2) t.skip(`the driver lists ${plugin.versions.join()} only`)
      const claims = [await t.claim()]
      const first = await t.prepared(plugin, claims, {version: 'v1'})
      const second = await t.prepared(plugin, claims, {version: 'v1beta1'})
      same(t, 'prepare.v1beta1', preparedText(claims, first), preparedText(claims, second))
      await t.unprepared(plugin, claims, 'prepare.v1beta1', {version: 'v1beta1'})
      await t.checkUndone(first)
    },
  },
  {
    name: 'prepare-many',
    title: 'kubelet prepares several claims in one call, one of them with two devices',
    clauses: everyAnswer,
    needs: ['claims'],
    async run(t: Trial) {
      const free = (await t.ground.claims?.free()) ?? 0
      if (free < 2) t.skip(`needs 2 free devices, there are ${free}`)
      const claims = [await t.claim(free > 2 ? {devices: 2} : {}), await t.claim()]
      const plugin = await t.register()
      await t.prepared(plugin, claims)
      await t.unprepared(plugin, claims)
    },
  },
  {
    name: 'prepare-again',
    title: 'kubelet was restarted under a running pod: it prepares the same claim again, twice',
    clauses: ['prepare.idempotent', ...everyAnswer],
    needs: ['claims'],
    async run(t: Trial) {
      const claims = [await t.claim()]
      const before = await t.register()
      const first = await t.prepared(before, claims)
      before.close()
      const after = await t.register()
      for (let i = 0; i < 2; i++) {
        const again = await t.prepared(after, claims)
        same(t, 'prepare.idempotent', preparedText(claims, first), preparedText(claims, again))
      }
      await t.unprepared(after, claims)
      await t.checkUndone(first)
    },
  },
  {
    name: 'prepare-after-reboot',
    title: 'the node was rebooted: the CDI folder is empty, and kubelet prepares the claim again',
    clauses: ['reboot.cdi'],
    needs: ['claims', 'cdi'],
    async run(t: Trial) {
      const claims = [await t.claim()]
      const plugin = await t.register()
      const {claims: answered} = await t.prepared(plugin, claims)
      const ids = [...answered.values()].flatMap(one => one.devices.flatMap(device => device.cdiDeviceIds))
      if (ids.length === 0) t.skip('the driver gives no CDI device IDs')
      await t.ground.cdi?.forget(ids)
      const again = await plugin.prepare(claims.map(wire))
      t.require('reboot.cdi', again.ok, `NodePrepareResources: ${said(again)}`)
      const now = [...again.value.claims.values()].flatMap(one =>
        one.devices.flatMap(device => device.cdiDeviceIds),
      )
      const missing = (await t.ground.cdi?.resolve(now))?.missing ?? []
      t.check('reboot.cdi', missing.length === 0, `no file in the CDI folder defines ${missing.join(', ')}`)
    },
  },
  ...refusals(),
  {
    name: 'prepare-foreign',
    title: 'a claim holds a device of another driver too',
    clauses: ['prepare.own', 'prepare.succeeds'],
    needs: ['claims'],
    async run(t: Trial) {
      const claims = [await t.claim({foreign: true})]
      const plugin = await t.register()
      await t.prepared(plugin, claims)
    },
  },
  {
    name: 'prepare-exclusive',
    title: 'two claims are allocated the same device, which must not happen',
    clauses: ['prepare.exclusive'],
    needs: ['claims'],
    async run(t: Trial) {
      const first = await t.claim()
      const second = await t.claim({sameAs: first})
      const plugin = await t.register()
      await t.prepared(plugin, [first])
      const answer = await plugin.prepare([wire(second)])
      const got = answer.ok ? answer.value.claims.get(second.uid) : undefined
      t.check(
        'prepare.exclusive',
        got?.error !== '',
        `${first.devices[0]?.device} was prepared for two claims at once`,
      )
    },
  },
  {
    name: 'prepare-concurrent',
    title: 'pods start together: claims are prepared by calls that overlap, each claim by two of them',
    clauses: ['prepare.concurrent', 'prepare.idempotent'],
    needs: ['claims'],
    async run(t: Trial) {
      const free = (await t.ground.claims?.free()) ?? 0
      const claims = await t.claimList(Math.max(1, Math.min(8, free)))
      const plugin = await t.register()
      const answers = await Promise.all([...claims, ...claims].map(one => plugin.prepare([wire(one)])))
      const texts = answers.map((answer, i) => {
        t.check('prepare.concurrent', answer.ok, `NodePrepareResources: ${said(answer)}`)
        const claim = claims[i % claims.length]
        const error = answer.ok && claim ? answer.value.claims.get(claim.uid)?.error : undefined
        t.check('prepare.concurrent', !error, `a claim got an error: ${error}`)
        return answer.ok && claim ? preparedText([claim], answer.value) : ''
      })
      for (let i = 0; i < claims.length; i++)
        same(t, 'prepare.idempotent', texts[i] ?? '', texts[i + claims.length] ?? '')
      await Promise.all(claims.map(one => t.unprepared(plugin, [one])))
    },
  },
  {
    name: 'prepare-later',
    title: 'a later kubelet sends a field that the driver does not know',
    clauses: ['serve.unknown-fields'],
    needs: ['claims'],
    async run(t: Trial) {
      const claim = await t.claim()
      const plugin = await t.register()
      for (const version of plugin.versions) {
        const call = {version, later: true}
        const answers = [
          await plugin.prepare([wire(claim)], call),
          await plugin.unprepare([wire(claim)], call),
        ]
        for (const answer of answers) {
          const error = answer.ok ? answer.value.claims.get(claim.uid)?.error : said(answer)
          t.check('serve.unknown-fields', !error, `${version}: ${error}`)
        }
      }
    },
  },
  {
    name: 'prepare-beside-info',
    title: 'kubelet asks GetInfo again and again while claims are prepared and unprepared',
    clauses: ['info.beside-calls'],
    needs: ['claims'],
    async run(t: Trial) {
      const free = (await t.ground.claims?.free()) ?? 0
      const claims = await t.claimList(Math.max(1, Math.min(4, free)))
      const plugin = await t.register()
      let busy = true
      const asking = (async () => {
        while (busy) {
          const answer = await getInfo(plugin.socket, t.ground.times.getInfo)
          t.check('info.beside-calls', answer.ok, `GetInfo: ${said(answer)}`)
        }
      })()
      for (let i = 0; i < 5; i++)
        for (const call of [plugin.prepare, plugin.unprepare])
          await Promise.all(claims.map(one => call([wire(one)])))
      busy = false
      await asking
    },
  },
  {
    name: 'prepare-given-up',
    title: 'kubelet gives up a call at one moment after the other, and calls again',
    clauses: ['prepare.abandoned', 'prepare.idempotent'],
    needs: ['claims'],
    async run(t: Trial) {
      const plugin = await t.register()
      for (const ms of [0, 1, 2, 5, 10, 20]) {
        const claims = [await t.claim()]
        const given = new AbortController()
        const call = plugin.prepare(claims.map(wire), {signal: given.signal})
        await sleep(ms)
        given.abort()
        await call
        const answer = await plugin.prepare(claims.map(wire))
        t.require(
          'prepare.abandoned',
          answer.ok,
          `NodePrepareResources after one given up at ${ms} ms: ${said(answer)}`,
        )
        const error = answer.value.claims.get(claims[0]?.uid ?? '')?.error
        t.check('prepare.abandoned', !error, `after one given up at ${ms} ms: ${error}`)
        await t.unprepared(plugin, claims)
        await t.checkUndone(answer.value)
        for (const one of claims) await t.ground.claims?.remove(one)
      }
    },
  },
]

async function throughVersion(t: Trial, version: Version): Promise<void> {
  const plugin = await t.register()
  if (!plugin.versions.includes(version)) t.skip(`the driver does not list ${version}.DRAPlugin`)
  const claims = [await t.claim()]
  const response = await t.prepared(plugin, claims, {version})
  await t.unprepared(plugin, claims, 'unprepare.succeeds', {version})
  await t.checkUndone(response)
}

export function same(
  t: Trial,
  clause: 'prepare.idempotent' | 'prepare.v1beta1' | 'restart.any-moment',
  first: string,
  again: string,
): void {
  t.check(clause, first === again, `the first answer was «${first}», then «${again}»`)
}

/** Claims that no driver may prepare. */
function refusals(): Scenario[] {
  return [
    {
      name: 'prepare-unallocated',
      title: 'a claim is not allocated',
      clauses: ['prepare.unallocated'],
      needs: ['claims'],
      async run(t: Trial) {
        const claim = await t.claim({unallocated: true})
        await refused(t, 'prepare.unallocated', claim)
      },
    },
    {
      name: 'prepare-deleted',
      title: 'a claim was deleted before kubelet came to it',
      clauses: ['prepare.gone'],
      needs: ['claims'],
      async run(t: Trial) {
        const claim = await t.claim()
        await t.ground.claims?.remove(claim)
        await refused(t, 'prepare.gone', claim)
      },
    },
    {
      name: 'prepare-replaced',
      title: 'a claim was deleted, and another of its name has another UID',
      clauses: ['prepare.uid'],
      needs: ['claims'],
      async run(t: Trial) {
        const claim = await t.claim()
        await refused(t, 'prepare.uid', {...claim, uid: '00000000-0000-4000-8000-000000000000'})
      },
    },
  ]
}

async function refused(
  t: Trial,
  clause: 'prepare.unallocated' | 'prepare.gone' | 'prepare.uid',
  claim: {namespace: string; uid: string; name: string},
): Promise<void> {
  const plugin = await t.register()
  const answer = await plugin.prepare([wire(claim)])
  const entry = answer.ok ? answer.value.claims.get(claim.uid) : undefined
  t.check(clause, !answer.ok || (entry !== undefined && entry.error !== ''), 'it was prepared')
  t.note(
    answer.ok
      ? 'refused by an error for the claim'
      : `refused by a gRPC error, which holds up the pod's other claims: ${answer.name}`,
  )
}
