import {describe, expect, test} from 'vitest'
import {actionNames} from '../upgrade/actions/kinds.ts'
import type {UpgradePlan} from '../upgrade/plan.ts'
import {wayBack} from './back.ts'
import {type Outcome, runBack, runForward} from './run.ts'
import {hear} from './said.ts'
import {stateOf} from './state.ts'
import {planTasks} from './tasks.ts'
import {cases, site} from './test-plans.ts'
import {Killed, loadStandIn, memoryLog, type StandIn, savedStandIn, toolsOn} from './testing.ts'

/**
 * What has an effect of its own each time, beside what merely says again how things shall be. Rolling back is also how a
 * release is cleared that a death left pending; only that of `other` is a step.
 */
const onceOnly =
  /^(update |create-db-snapshot|restore-db|create job|helm (upgrade|install|uninstall|rollback other other-1)|git |terraform apply)/

type World = StandIn

/** Runs to the end; whenever the run waits for a person or a time, both come. */
async function toTheEnd(
  plan: UpgradePlan,
  world: World,
  log: ReturnType<typeof memoryLog>,
): Promise<Outcome> {
  for (let round = 0; round < 200; round++) {
    const tools = await toolsOn(plan, world, log)
    const outcome = await runForward(plan, site, {windows: [], patient: true}, tools)
    if (outcome.kind !== 'halted') return outcome
    const {halt} = outcome
    if (halt.kind === 'approval')
      await hear({approve: [halt.task.id], done: [], again: []}, planTasks(plan, site), tools.writer)
    else return outcome
  }
  throw new Error('it never ends')
}

/** As often as it dies it is taken up again. */
async function survive(plan: UpgradePlan, world: World, log: ReturnType<typeof memoryLog>): Promise<Outcome> {
  for (let lives = 0; lives < 10; lives++)
    try {
      return await toTheEnd(plan, world, log)
    } catch (error) {
      if (!(error instanceof Killed)) throw error
    }
  throw new Error('it died too often')
}

const endOf = ({releases, aws, objects, files}: World) => ({
  releases: Object.fromEntries(Object.entries(releases).map(([name, list]) => [name, list.at(-1)?.chart])),
  cluster: aws.cluster.version,
  nodegroups: aws.nodegroups,
  addons: aws.addons,
  snapshots: Object.keys(aws.snapshots),
  images: objects,
  files,
})

const counted = (world: World) => world.acts.filter(act => onceOnly.test(act)).sort()

/** The way back from the end, to its own end. */
async function toTheStart(
  plan: UpgradePlan,
  world: World,
  log: ReturnType<typeof memoryLog>,
): Promise<Outcome> {
  const tools = await toolsOn(plan, world, log)
  const back = wayBack(plan, stateOf(tools.writer.journal.records), site, world.now())
  const tasks = back.hops.flatMap(hop => hop.tasks)
  await hear({approve: ['all'], done: [], again: []}, tasks, tools.writer)
  return runBack(back, tools)
}

// Those with a recipe, and with actions that say themselves what takes them back.
describe.each(cases().filter(({name}) => /EKS|MLflow/.test(name)))('$name, back', ({plan, world: fresh}) => {
  test('dies at every point on the way back, and comes to the same end, nothing done twice', async () => {
    const begun = fresh()
    const journal = memoryLog(() => {})
    await toTheEnd(plan, begun, journal)
    const saved = savedStandIn(begun)
    const there = (point: (where: string) => void) => {
      const world = Object.assign(loadStandIn(saved), {point})
      world.shell = begun.shell
      return {world, log: Object.assign(memoryLog(point), {text: journal.text})}
    }
    const points: string[] = []
    const whole = there(where => points.push(where))
    expect(await toTheStart(plan, whole.world, whole.log)).toMatchObject({kind: 'rolled-back'})
    expect(points.length).toBeGreaterThan(10)
    for (const [death, where] of points.entries()) {
      let at = 0
      const one = there(() => {
        if (at++ === death) throw new Killed()
      })
      const outcome = await toTheStart(plan, one.world, one.log).catch(error => {
        if (!(error instanceof Killed)) throw error
        return toTheStart(plan, one.world, one.log)
      })
      expect({death, where, outcome}).toMatchObject({outcome: {kind: 'rolled-back'}})
      expect({where, end: endOf(one.world)}).toEqual({where, end: endOf(whole.world)})
      expect({where, acts: counted(one.world)}).toEqual({where, acts: counted(whole.world)})
    }
  })
})

test('there is a plan with an action of every kind', () => {
  const used = cases().flatMap(({plan}) => planTasks(plan, site).map(({action}) => action.action))
  expect([...new Set(used)].sort()).toEqual([...actionNames].sort())
})

// As many lives as there are points.
describe.each(cases())('$name', {timeout: 120_000}, ({plan, world: fresh}) => {
  test('dies at every point of its journal and of the world, and comes to the same end, nothing done twice', async () => {
    const points: string[] = []
    const whole = fresh()
    whole.point = where => points.push(where)
    const log = memoryLog(where => points.push(where))
    expect(await toTheEnd(plan, whole, log)).toMatchObject({kind: 'complete'})
    expect(points.length).toBeGreaterThan(10)
    for (const [death, where] of points.entries()) {
      const world = fresh()
      let at = 0
      const point = () => {
        if (at++ === death) throw new Killed()
      }
      world.point = point
      const torn = memoryLog(point)
      const outcome = await survive(plan, world, torn)
      expect({death, where, outcome}).toMatchObject({outcome: {kind: 'complete'}})
      expect({where, end: endOf(world)}).toEqual({where, end: endOf(whole)})
      expect({where, acts: counted(world)}).toEqual({where, acts: counted(whole)})
      expect(stateOf((await toolsOn(plan, world, torn)).writer.journal.records).ended?.outcome).toBe(
        'complete',
      )
    }
  })
})
