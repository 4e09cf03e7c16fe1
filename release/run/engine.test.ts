import {describe, expect, test} from 'vitest'
import {DiagnosticError} from '#lib/diagnostics.ts'
import type {Action} from '../upgrade/actions/action.ts'
import {doTask, type Tools} from './engine.ts'
import {stateOf} from './state.ts'
import type {Task} from './tasks.ts'
import {planFor} from './test-plans.ts'
import {Killed, memoryLog, no, ok, type StandIn, standIn, toolsOn} from './testing.ts'

const plan = planFor('mlops-platform', {mlflow: '2.9.2..3.17.2'})

const task = (action: Action, more: Partial<Task> = {}): Task => ({
  id: '1.1',
  hop: 1,
  way: 'forward',
  phase: 'change',
  title: 'A step.',
  action,
  timeout: 60_000,
  ...more,
})

const helm = (version = '2.0.0'): Action => ({
  action: 'helm-upgrade',
  release: 'app',
  namespace: 'ns',
  chart: 'oci://registry.test/charts/app',
  version,
  values: {},
  files: [],
})
const command = (more: object = {}): Action => ({
  action: 'commands',
  run: ['migrate'],
  repeatable: false,
  poll: false,
  ...more,
})

const kinds = ({writer}: Tools) => writer.journal.records.map(r => r.kind)
const stateIn = ({writer}: Tools) => stateOf(writer.journal.records).of('1.1')

/** A world and a journal in which the task died at the first point of that name. */
async function diedAt(where: RegExp, world: StandIn, dying: Task): Promise<Tools> {
  const log = memoryLog(() => {})
  world.point = name => {
    if (where.test(name)) throw new Killed()
  }
  await expect(doTask(dying, await toolsOn(plan, world, log))).rejects.toThrow(Killed)
  world.point = () => {}
  return toolsOn(plan, world, log)
}

function dies(world: StandIn) {
  world.point('middle')
  return ok()
}

describe('looking before acting', () => {
  test('what is so already is not done', async () => {
    const world = standIn({releases: {app: [{revision: 1, status: 'deployed', chart: 'app-2.0.0'}]}})
    const tools = await toolsOn(
      plan,
      world,
      memoryLog(() => {}),
    )
    expect(await doTask(task(helm()), tools)).toBeUndefined()
    expect(world.acts).toEqual([])
    expect(stateIn(tools)).toMatchObject({kind: 'done', by: 'already'})
  })

  test('the intent is written before the act, and what takes it back with it', async () => {
    const world = standIn({releases: {app: [{revision: 1, status: 'deployed', chart: 'app-1.0.0'}]}})
    const tools = await toolsOn(
      plan,
      world,
      memoryLog(() => {}),
    )
    expect(await doTask(task(helm()), tools)).toBeUndefined()
    expect(kinds(tools)).toEqual(['run', 'intent', 'acted', 'done'])
    expect(stateOf(tools.writer.journal.records).undoOf('1.1')).toEqual([
      {action: 'helm-rollback', release: 'app', namespace: 'ns', version: '1.0.0'},
    ])
  })

  test('a lost lock stops the run before the act, and the next one does it once', async () => {
    const world = standIn()
    const log = memoryLog(() => {})
    const tools = await toolsOn(plan, world, log)
    const lost = new DiagnosticError([{code: 'Q020', severity: 'error', message: 'taken'}])
    const lock = {...tools.lock, renew: () => Promise.reject(lost)}
    await expect(doTask(task(helm()), {...tools, lock})).rejects.toThrow('Q020')
    expect(world.acts).toEqual([])
    expect(await doTask(task(helm()), await toolsOn(plan, world, log))).toBeUndefined()
    expect(world.acts).toEqual(['helm install app app-2.0.0'])
  })

  test('while one only waits the API server may be away; a lost lock ends the waiting', async () => {
    const world = standIn()
    const log = memoryLog(() => {})
    const tools = await toolsOn(plan, world, log)
    let asked = 0
    world.shell = [[/ready/, () => ok(++asked > 2 ? 'yes' : 'no')]]
    const gate = task(command({run: ['ready?'], matches: '^yes$', repeatable: true, poll: true}))
    const failing = (code: string) => {
      const error = new DiagnosticError([{code, severity: 'error', message: 'no'}])
      return {...tools, lock: {...tools.lock, renew: () => Promise.reject(error)}}
    }
    await expect(doTask(gate, failing('Q020'))).rejects.toThrow('Q020')
    expect(await doTask(gate, failing('E061'))).toBeUndefined()
  })

  test('somebody else’s operation is waited for, not broken', async () => {
    const world = standIn({releases: {app: [{revision: 1, status: 'pending-upgrade', chart: 'app-1.0.0'}]}})
    const tools = await toolsOn(
      plan,
      world,
      memoryLog(() => {}),
    )
    const halt = await doTask(task(helm()), tools)
    expect(halt).toMatchObject({kind: 'failed', saw: expect.stringContaining('not by this run')})
    expect(world.acts).toEqual([])
  })
})

describe('after a death', () => {
  test('a release that the dead run left pending goes back to the last sound revision first', async () => {
    const world = standIn({releases: {app: [{revision: 1, status: 'deployed', chart: 'app-1.0.0'}]}})
    const tools = await diedAt(/in the middle of helm upgrade/, world, task(helm()))
    expect(world.releases.app?.at(-1)?.status).toBe('pending-upgrade')
    expect(await doTask(task(helm()), tools)).toBeUndefined()
    expect(world.acts).toEqual(['helm rollback app app-1.0.0', 'helm upgrade app app-2.0.0'])
    expect(kinds(tools)).toContain('recovered')
  })

  test('commands of which nobody can tell are asked about, never done again by themselves', async () => {
    const world: StandIn = standIn({shell: [[/migrate/, () => dies(world)]]})
    const tools = await diedAt(/middle/, world, task(command()))
    expect(await doTask(task(command()), tools)).toMatchObject({kind: 'unknown'})
    await tools.writer.write({kind: 'again', task: '1.1'})
    expect(await doTask(task(command()), tools)).toBeUndefined()
  })

  test('commands that tell that they were done, or may be done twice, need nobody', async () => {
    const done = {run: 'is it migrated?', matches: '^yes$'}
    const world: StandIn = standIn({
      shell: [
        [/is it migrated/, () => ok(world.acts.length > 0 ? 'yes' : 'no')],
        [/migrate/, () => dies(world)],
      ],
    })
    const tools = await diedAt(/middle/, world, task(command({done})))
    world.acts.push('migrated')
    expect(await doTask(task(command({done})), tools)).toBeUndefined()
    expect(stateIn(tools)).toMatchObject({kind: 'done', saw: 'yes'})
  })

  test('the way back clears away what the way forward left pending', async () => {
    const world = standIn({releases: {app: [{revision: 1, status: 'deployed', chart: 'app-1.0.0'}]}})
    const tools = await diedAt(/in the middle of helm upgrade/, world, task(helm()))
    const back: Action = {action: 'helm-rollback', release: 'app', namespace: 'ns', version: '1.0.0'}
    expect(await doTask(task(back, {id: 'back.1.1', way: 'back'}), tools)).toBeUndefined()
    expect(world.releases.app?.at(-1)).toMatchObject({status: 'deployed', chart: 'app-1.0.0'})
  })

  test('the way back waits for what the way forward began, and then goes', async () => {
    const world = standIn()
    const to = (version: string): Action => ({action: 'eks-cluster-version', cluster: 'prod', version})
    const long = {timeout: 3_600_000}
    const tools = await diedAt(/after aws update-cluster/, world, task(to('1.34'), long))
    expect(await doTask(task(to('1.33'), {...long, id: 'back.1.1', way: 'back'}), tools)).toBeUndefined()
    expect(world.aws.accepted).toEqual(['update cluster 1.34', 'update cluster 1.33'])
    expect(world.aws.cluster.version).toBe('1.33')
  })

  test('commands that have ended well are neither done again nor asked about', async () => {
    const world = standIn({shell: [[/migrate/, () => no('done before')]]})
    const tools = await toolsOn(
      plan,
      world,
      memoryLog(() => {}),
    )
    await tools.writer.write({kind: 'intent', task: '1.1', attempt: 1, saw: ''})
    await tools.writer.write({kind: 'acted', task: '1.1', attempt: 1, answers: []})
    expect(await doTask(task(command()), tools)).toBeUndefined()
    expect(stateIn(tools)).toMatchObject({kind: 'done', by: 'run'})
  })

  test('a question that fails says nothing: first there is a try, after a death a person is asked', async () => {
    const action = command({done: {run: 'is it migrated?', matches: '^yes$'}})
    let tries = 0
    const world: StandIn = standIn({
      shell: [
        [/is it migrated/, () => no('connection refused')],
        [
          /migrate/,
          () => {
            tries++
            return dies(world)
          },
        ],
      ],
    })
    const tools = await diedAt(/middle/, world, task(action))
    expect(tries).toBe(1)
    expect(await doTask(task(action), tools)).toMatchObject({kind: 'unknown'})
    expect(tries).toBe(1)
  })

  test('a Job that the dead run began is waited for', async () => {
    const job: Action = {action: 'job', name: 'm', image: 'i', command: ['x'], env: {}}
    const world = standIn()
    const tools = await diedAt(/after create/, world, task(job))
    expect(await doTask(task(job), tools)).toBeUndefined()
    expect(world.acts).toEqual(['create job/m'])
  })
})

describe('failures', () => {
  test('Helm has the time for its own way back; cut off, it leaves nothing pending', async () => {
    const world = standIn({releases: {app: [{revision: 1, status: 'deployed', chart: 'app-1.0.0'}]}})
    const call = world.call
    const given: number[] = []
    world.call = async (asked, timeout) => {
      if (!('argv' in asked) || asked.argv[1] !== 'upgrade' || given.length > 0) return call(asked, timeout)
      given.push(timeout)
      world.releases.app?.push({revision: 2, status: 'pending-rollback', chart: 'app-2.0.0'})
      return no('ended after some time', 124)
    }
    const tools = await toolsOn(
      plan,
      world,
      memoryLog(() => {}),
    )
    expect(await doTask(task(helm()), tools)).toMatchObject({kind: 'failed'})
    expect(given[0]).toBeGreaterThan(2 * 60_000)
    expect(world.releases.app?.at(-1)).toMatchObject({status: 'deployed', chart: 'app-1.0.0'})
    expect(await doTask(task(helm()), tools)).toBeUndefined()
  })

  test('an update that EKS takes back is told with its reason, and tried anew when somebody says so', async () => {
    const world = standIn()
    world.aws.failing = [1]
    const eks: Action = {action: 'eks-cluster-version', cluster: 'prod', version: '1.34'}
    const long = task(eks, {timeout: 3_600_000})
    const tools = await toolsOn(
      plan,
      world,
      memoryLog(() => {}),
    )
    expect(await doTask(long, tools)).toMatchObject({
      kind: 'failed',
      saw: expect.stringContaining('evict pods'),
    })
    expect(await doTask(long, tools)).toBeUndefined()
    // Each try has a token of its own, or the service would answer with the failed one.
    expect(world.aws.updates.map(u => u.token)).toEqual(['r1-1-1-1', 'r1-1-1-2'])
    expect(world.aws.cluster.version).toBe('1.34')
  })

  test('what EKS refuses is no reason to wait', async () => {
    const world = standIn()
    const eks: Action = {action: 'eks-cluster-version', cluster: 'prod', version: '1.35'}
    const tools = await toolsOn(
      plan,
      world,
      memoryLog(() => {}),
    )
    expect(await doTask(task(eks), tools)).toMatchObject({
      kind: 'failed',
      saw: expect.stringContaining('Unsupported Kubernetes minor version update from 1.33 to 1.35'),
    })
  })

  test('a gate is asked until its time is over', async () => {
    const gate = command({run: ['ready?'], matches: '^yes$', repeatable: true, poll: true})
    let asked = 0
    const world = standIn({shell: [[/ready/, () => ok(++asked > 3 ? 'yes' : 'no')]]})
    const tools = await toolsOn(
      plan,
      world,
      memoryLog(() => {}),
    )
    expect(await doTask(task(gate), tools)).toBeUndefined()
    expect(asked).toBe(4)
    const never = standIn({shell: [[/ready/, () => no('refused')]]})
    expect(
      await doTask(
        task(gate),
        await toolsOn(
          plan,
          never,
          memoryLog(() => {}),
        ),
      ),
    ).toMatchObject({kind: 'failed', saw: 'refused'})
  })

  test('a failed command that may have done a part of it is not tried again by itself', async () => {
    const world = standIn({shell: [[/migrate/, () => no('half way', 3)]]})
    const tools = await toolsOn(
      plan,
      world,
      memoryLog(() => {}),
    )
    expect(await doTask(task(command()), tools)).toMatchObject({kind: 'failed', saw: 'half way'})
    expect(await doTask(task(command()), tools)).toMatchObject({kind: 'unknown'})
  })
})
