import {existsSync} from 'node:fs'
import {mkdtemp, readdir, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, type TestContext, test, vi} from 'vitest'
import {cdiFolder} from './cdi.ts'
import type {Cluster, Slice} from './cluster.ts'
import type {ClauseId} from './contract.ts'
import {own} from './hooks.ts'
import {kubeletTimes, type Times} from './kubelet.ts'
import {type Result, run} from './run.ts'
import type {Scenario} from './scenario.ts'
import {scenarios} from './scenarios/index.ts'
import {type Flaw, flaws} from './testing/flaws.ts'
import {deviceNames, folderClaims} from './testing/folder-claims.ts'
import {type PluginOptions, places, startPlugin} from './testing/plugin.ts'
import type {Ground} from './trial.ts'

const driver = 'sanity.example.com'
const devices = 9

/** Longer than kubelet's, since a busy machine may be slow to answer in time. */
const patient = {...kubeletTimes, getInfo: 5000}
/** Shorter where an answer never comes, or would come too late: the one wait that the flaw makes, and no other. */
const impatient: Partial<Record<Flaw, Partial<Times>>> = {
  'dot-socket': {appear: 1500},
  'wrong-name': {appear: 1500},
  'slow-info': {getInfo: 1000, appear: 1500},
  'info-waits': {getInfo: 1000},
  'stuck-after-given-up': {getInfo: 1000},
  'dies-when-refused': {appear: 1500},
  'stuck-after-abandoned': {call: 2000},
  'health-silent': {notify: 1500},
  'stream-blocks': {notify: 1500},
  'hanging-service': {getInfo: 1000},
  'never-ill': {health: 2500},
  'stale-socket': {appear: 20_000},
  'one-socket': {appear: 20_000},
}

// Nearly all of their time is waiting.
vi.setConfig({maxConcurrency: 16})

/** A node of its own for one test: they run side by side. */
async function makeNode({onTestFinished}: TestContext) {
  const root = await mkdtemp(join(tmpdir(), 'sanity-'))
  onTestFinished(() => rm(root, {recursive: true, force: true}))

  const ground = (hooks: Ground['hooks'] = {}): Ground => {
    const {registryDir, cdiDir, claimsDir, illFile} = places(root)
    return {
      registryDir,
      driver,
      times: patient,
      claims: folderClaims(claimsDir, driver, deviceNames(devices)),
      cdi: cdiFolder(cdiDir),
      hooks: {
        fault: async ({device}, health) =>
          health === 'unhealthy' ? writeFile(illFile(device), '') : rm(illFile(device), {force: true}),
        ...hooks,
      },
    }
  }

  return {
    root,
    ground,
    async plugin(options: Partial<PluginOptions> = {}): Promise<void> {
      const plugin = await startPlugin({root, driver, devices, ...options})
      onTestFinished(() => plugin.stop())
    },
    /** Runs the plugin as a process that can be killed, and a second one beside it. */
    groundWithProcess(options: Partial<PluginOptions> = {}): Ground {
      const program = join(import.meta.dirname, 'testing/plugin.ts')
      const argument = JSON.stringify({root, driver, devices, ...options})
      const command = `exec '${process.execPath}' '${program}' '${argument}'`
      const plugin = own(command, {ROLLING: 'yes'})
      onTestFinished(() => plugin.stop())
      const hooks: Ground['hooks'] = {
        restart: signal => plugin.restart(signal),
        second: async () => own(command, {ROLLING: 'yes'}),
      }
      return ground(hooks)
    },
  }
}

const named = (...names: string[]) => scenarios.filter(one => names.includes(one.name))
const brief = ({scenario, status, findings, reason}: Result) => ({
  scenario,
  status,
  findings: findings.map(one => `${one.clause}: ${one.message}`),
  reason,
})

describe.concurrent('a driver that keeps the contract', () => {
  const outside = scenarios.filter(one => !one.needs?.includes('cluster'))
  const restarts = (one: Scenario) => one.needs?.includes('restart') ?? false
  test.for<readonly [string, readonly Scenario[]]>([
    ['that needs neither a cluster nor a restart', outside.filter(one => !restarts(one))],
    ...outside.filter(restarts).map(one => [one.name, [one]] as const),
  ])('passes every scenario: %s', {timeout: 120_000}, async ([, some], context) => {
    const {root, groundWithProcess} = await makeNode(context)
    const results = await run(some, groundWithProcess())
    const bad = results.filter(one => one.status !== 'pass').map(brief)
    expect(bad).toEqual([])
    const {cdiDir, registryDir, stateDir, claimsDir} = places(root)
    // Drafts of a process that was killed may stay: nobody reads them.
    for (const folder of [cdiDir, stateDir, claimsDir])
      expect((await readdir(folder)).filter(one => !one.endsWith('.tmp'))).toEqual([])
    expect(await readdir(registryDir)).toHaveLength(1)
  })

  test('is skipped where it lacks what a scenario is about, which is no pass', async context => {
    const {ground, plugin} = await makeNode(context)
    await plugin({noHealth: true})
    const results = await run(scenarios, {...ground(), hooks: {}})
    const skipped = results.filter(one => one.status === 'skip').map(one => `${one.scenario}: ${one.reason}`)
    expect(skipped).toEqual([
      'slices-sound: needs --kubeconfig',
      'health-stream: the driver lists no health API',
      'health-reopened: the driver lists no health API',
      'health-fault: needs --fault-command',
      'plugin-restarted: needs --command or --restart-command',
      'plugin-killed: needs --command or --restart-command',
      'plugin-killed-in-prepare: needs --command or --restart-command',
      'plugin-killed-in-unprepare: needs --command or --restart-command',
      'rolling-update: needs --second-command',
      'slices-wiped: needs --kubeconfig',
    ])
    expect(results.filter(one => !['pass', 'skip'].includes(one.status)).map(brief)).toEqual([])
  }, 120_000)
})

/** Which scenario catches which flaw, by which clause. */
const caught: Record<Flaw, [scenario: string, clause: ClauseId]> = {
  'dot-socket': ['register', 'registry.socket'],
  'socket-inside': ['register', 'registry.only'],
  'slow-info': ['register', 'info.in-time'],
  'wrong-type': ['register', 'info.type'],
  'wrong-name': ['register', 'registry.socket'],
  'no-endpoint': ['register', 'info.endpoint'],
  'no-versions': ['register', 'info.versions'],
  'oldest-first': ['register', 'info.newest-first'],
  'notify-error': ['register', 'notify.answered'],
  'dies-when-refused': ['register-refused', 'notify.refused'],
  'registers-once': ['register-again', 'info.repeated'],
  'stuck-after-given-up': ['register-given-up', 'info.in-time'],
  'localhost-only': ['register-authority', 'serve.authority'],
  'unserved-v1': ['serve-advertised', 'serve.advertised'],
  'missing-key': ['prepare-v1', 'prepare.every-claim'],
  'surplus-key': ['prepare-v1beta1', 'prepare.no-other'],
  'refuses-all': ['prepare-v1', 'prepare.succeeds'],
  'wrong-device': ['prepare-v1', 'prepare.own'],
  'unnamed-device': ['prepare-v1', 'prepare.named'],
  'wrong-request': ['prepare-many', 'prepare.requests'],
  'bad-cdi-id': ['prepare-v1', 'prepare.cdi-id'],
  'shared-cdi-id': ['prepare-many', 'prepare.cdi-unique'],
  'no-cdi-file': ['prepare-v1', 'prepare.cdi-there'],
  'unsound-cdi': ['prepare-v1', 'prepare.cdi-sound'],
  'v1beta1-apart': ['prepare-versions', 'prepare.v1beta1'],
  'new-id-each-time': ['prepare-again', 'prepare.idempotent'],
  'cdi-once': ['prepare-after-reboot', 'reboot.cdi'],
  'ignores-allocation': ['prepare-unallocated', 'prepare.unallocated'],
  'ignores-deletion': ['prepare-deleted', 'prepare.gone'],
  'ignores-uid': ['prepare-replaced', 'prepare.uid'],
  'foreign-too': ['prepare-foreign', 'prepare.own'],
  'not-exclusive': ['prepare-exclusive', 'prepare.exclusive'],
  'one-at-a-time': ['prepare-concurrent', 'prepare.concurrent'],
  'strict-fields': ['prepare-later', 'serve.unknown-fields'],
  'info-waits': ['prepare-beside-info', 'info.beside-calls'],
  'stuck-after-abandoned': ['prepare-given-up', 'prepare.abandoned'],
  'unknown-is-error': ['unprepare-unknown', 'unprepare.unknown'],
  'needs-claim': ['unprepare-deleted', 'unprepare.deleted'],
  'missing-key-in-unprepare': ['unprepare-many', 'unprepare.every-claim'],
  'leaves-cdi': ['unprepare-again', 'unprepare.undone'],
  'keeps-device': ['unprepare-frees', 'unprepare.undone'],
  'late-prepare': ['unprepare-overtakes', 'unprepare.last-word'],
  'state-in-memory': ['plugin-restarted', 'unprepare.undone'],
  'stale-socket': ['plugin-killed', 'restart.registers'],
  'leaves-dead-socket': ['plugin-killed', 'restart.dead-socket'],
  'stumbles-over-leftovers': ['plugin-killed-in-prepare', 'restart.any-moment'],
  'forgets-first': ['plugin-killed-in-unprepare', 'unprepare.undone'],
  'one-socket': ['rolling-update', 'rolling.own-sockets'],
  'leaves-sockets': ['rolling-update', 'rolling.clean-end'],
  'health-silent': ['health-stream', 'health.first'],
  'health-once': ['health-stream', 'health.again'],
  'health-twice': ['health-stream', 'health.list'],
  'health-milliseconds': ['health-stream', 'health.values'],
  'one-stream': ['health-reopened', 'health.reopened'],
  'stream-blocks': ['health-reopened', 'health.apart'],
  'hanging-service': ['health-unknown-service', 'serve.unknown'],
  'never-ill': ['health-fault', 'health.fault'],
}
const inProcess: Flaw[] = [
  'state-in-memory',
  'stale-socket',
  'leaves-dead-socket',
  'stumbles-over-leftovers',
  'forgets-first',
  'one-socket',
  'leaves-sockets',
]
const advised: Flaw[] = ['oldest-first', 'not-exclusive', 'leaves-dead-socket']

describe.concurrent('a driver that breaks one line of the contract', () => {
  test.for(flaws)('%s is caught', {timeout: 60_000}, async (flaw, context) => {
    const {plugin, ground, groundWithProcess} = await makeNode(context)
    const [name, clause] = caught[flaw]
    if (!inProcess.includes(flaw)) await plugin({flaw})
    const place = inProcess.includes(flaw) ? groundWithProcess({flaw}) : ground()
    const times = {...patient, ...impatient[flaw]}
    const [result] = await run(named(name), {...place, times})
    expect(result?.findings.map(one => one.clause)).toContain(clause)
    expect(result?.status).toBe(advised.includes(flaw) ? 'advice' : 'fail')
  })

  test('every scenario has a driver that fails it; those about slices are below', () => {
    const covered = Object.values(caught).map(([name]) => name)
    const open = scenarios
      .map(one => one.name)
      .filter(one => !covered.includes(one) && !one.startsWith('slices-'))
    expect(open).toEqual([])
  })
})

/** Slices without an API server: a publisher that does as it is told. */
function fakeCluster(published: Slice[], republishes: boolean): Cluster {
  let there = published
  return {
    slices: async () => there,
    wipe: async () => {
      there = republishes ? published : []
    },
  }
}

describe.concurrent('slices', () => {
  const slice = (name: string, resourceSliceCount: number, ...names: string[]): Slice => ({
    metadata: {name},
    spec: {
      driver,
      pool: {name: 'node/numa0', generation: 1, resourceSliceCount},
      devices: names.map(it => ({name: it})),
    },
  })
  const sound = [slice('a', 2, 'mock0'), slice('b', 2, 'mock1')]

  test.for<[string, boolean, string]>([
    ['taints it', true, 'pass'],
    ['does not', false, 'advice'],
  ])('of a device that falls ill: a driver that %s', async ([, taints, status], context) => {
    const {root, ground, plugin} = await makeNode(context)
    await plugin()
    const slices = async () => {
      const one = slice('a', 1, 'mock0')
      const ill = taints && existsSync(places(root).illFile('mock0'))
      const list = [{name: 'mock0', ...(ill ? {taints: [{key: 'ill', effect: 'NoSchedule'}]} : {})}]
      return [{...one, spec: {...one.spec, devices: list}}]
    }
    const cluster = {slices, wipe: async () => {}}
    const [result] = await run(named('health-fault'), {
      ...ground(),
      cluster,
      times: {...patient, republish: 300},
    })
    expect(result?.findings.map(one => one.clause)).toEqual(taints ? [] : ['slices.taint'])
    expect(result?.status).toBe(status)
  })

  test.for<[string, Slice[], boolean, string, string]>([
    ['sound and published again', sound, true, 'pass', 'pass'],
    ['never published again', sound, false, 'pass', 'fail'],
    ['never complete', [slice('a', 2, 'mock0')], true, 'fail', 'fail'],
    ['with a name twice', [slice('a', 2, 'mock0'), slice('b', 2, 'mock0')], true, 'fail', 'fail'],
    ['not there', [], true, 'fail', 'fail'],
  ])('that are %s', async ([, published, republishes, first, second], context) => {
    const {ground, plugin} = await makeNode(context)
    await plugin()
    const place = {
      ...ground(),
      cluster: fakeCluster(published, republishes),
      times: {...patient, republish: 300},
    }
    const results = await run(named('slices-sound', 'slices-wiped'), place)
    expect(results.map(one => one.status)).toEqual([first, second])
  })
})
