import {setTimeout as sleep} from 'node:timers/promises'
import type {Slice} from '../cluster.ts'
import type {Broken} from '../judge.ts'
import type {Scenario} from '../scenario.ts'
import type {Trial} from '../trial.ts'

/** ResourceSlices, as far as kubelet deals with them. */
export const sliceScenarios: readonly Scenario[] = [
  {
    name: 'slices-sound',
    title: "the scheduler reads the driver's pools",
    clauses: ['slices.complete', 'slices.unique'],
    needs: ['cluster'],
    async run(t: Trial) {
      await t.register()
      t.check('slices.complete', await published(t), 'the driver has published no complete pool')
      t.add(judgeSlices((await t.ground.cluster?.slices()) ?? []))
    },
  },
]

/** Played last: a driver that fails it has nothing to prepare any more. */
export const wipeScenarios: readonly Scenario[] = [
  {
    name: 'slices-wiped',
    title: "kubelet starts and deletes the node's slices; the driver publishes them again",
    clauses: ['slices.wiped'],
    needs: ['cluster'],
    async run(t: Trial) {
      const plugin = await t.register()
      await published(t)
      const before = devicesOf((await t.ground.cluster?.slices()) ?? [])
      const wiped = performance.now()
      await t.ground.cluster?.wipe()
      plugin.close()
      await t.register()
      const back = await published(t, before)
      t.note(`it took ${((performance.now() - wiped) / 1000).toFixed(1)} s`)
      t.check(
        'slices.wiped',
        back,
        `not all of ${before.length} devices came back within ${t.ground.times.republish / 1000} s`,
      )
    },
  },
]

const devicesOf = (slices: readonly Slice[]): string[] =>
  slices.flatMap(({spec}) => (spec.devices ?? []).map(one => `${spec.pool.name}/${one.name}`)).sort()

/** Waits until there are slices, all sound, with these devices. */
async function published(t: Trial, devices: readonly string[] = []): Promise<boolean> {
  const end = Date.now() + t.ground.times.republish
  for (;;) {
    const slices = (await t.ground.cluster?.slices()) ?? []
    const there = devicesOf(slices)
    if (slices.length > 0 && judgeSlices(slices).length === 0 && devices.every(one => there.includes(one)))
      return true
    if (Date.now() > end) return false
    await sleep(100)
  }
}

export function judgeSlices(slices: readonly Slice[]): Broken[] {
  const broken: Broken[] = []
  for (const [pool, own] of Map.groupBy(slices, one => one.spec.pool.name)) {
    const generations = new Set(own.map(one => one.spec.pool.generation))
    if (generations.size > 1)
      broken.push({
        clause: 'slices.complete',
        message: `${pool} has the generations ${[...generations].join(', ')}`,
      })
    for (const {metadata, spec} of own)
      if (spec.pool.resourceSliceCount !== own.length)
        broken.push({
          clause: 'slices.complete',
          message: `${metadata.name} says ${spec.pool.resourceSliceCount} slices, there are ${own.length}`,
        })
    const names = own.flatMap(one => (one.spec.devices ?? []).map(device => device.name))
    for (const name of new Set(names.filter((one, i) => names.indexOf(one) !== i)))
      broken.push({clause: 'slices.unique', message: `${pool} has ${name} twice`})
  }
  return broken
}
