import {describe, expect, test} from 'vitest'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {realExec} from '../effects/exec.ts'
import {parseWindow} from '../lib/windows.ts'
import {wayBack} from './back.ts'
import {emergencyTasks} from './emergency.ts'
import type {Tools} from './engine.ts'
import {readJournal} from './journal.ts'
import {ownedByBindings, ownedLive} from './owner.ts'
import {preview} from './preview.ts'
import {hopState, reportOf} from './report.ts'
import {type Outcome, runBack, runEmergency, runForward} from './run.ts'
import {hear} from './said.ts'
import {stateOf} from './state.ts'
import {planTasks, type RunSite} from './tasks.ts'
import {type Case, cases, planFor, site} from './test-plans.ts'
import {memoryLog, no, ok, type StandIn, toolsOn} from './testing.ts'
import {problemsOf} from './vet.ts'

const [eks, mlflow] = cases()
if (!eks || !mlflow) throw new Error('no cases')
const patient = {windows: [], patient: true}
const everyone = {approve: ['all'], done: [], again: []}

/** The plan of a case, as far as it goes when everything is approved. */
async function begun({plan, world: fresh}: Case, change: (world: StandIn) => void = () => {}) {
  const world = fresh()
  change(world)
  const log = memoryLog(() => {})
  const tools = await toolsOn(plan, world, log)
  await hear(everyone, planTasks(plan, site), tools.writer)
  const outcome = await runForward(plan, site, patient, tools)
  return {world, log, tools, outcome, plan}
}

const backOf = (plan: Case['plan'], {writer}: Tools, now: number, of: RunSite = site) =>
  wayBack(plan, stateOf(writer.journal.records), of, now)

describe('pauses', () => {
  test('a hop waits for the soak of the one before, then for a window; a begun hop is not held up', async () => {
    const plan = planFor('mlops-platform', {eks: '1.33..1.35'})
    const world = eks.world()
    world.shell = [[/describe-cluster/, () => ok(`ACTIVE\t${world.aws.cluster.version}`)]]
    const tools = await toolsOn(
      plan,
      world,
      memoryLog(() => {}),
    )
    await hear(everyone, planTasks(plan, site), tools.writer)
    const window = parseWindow('Tue 01:00-03:00')
    const impatient = {windows: window ? [window] : [], patient: false}
    const told = async () => {
      const outcome = await runForward(plan, site, impatient, tools)
      return outcome.kind === 'paused' ? [new Date(outcome.until).toISOString(), outcome.why] : [outcome.kind]
    }
    const tuesday = ['2026-11-24T01:00:00.000Z', 'the next maintenance window is Tue 01:00-03:00']
    expect(await told()).toEqual(tuesday)
    world.time = Date.parse('2026-11-24T01:30:00Z')
    expect(await told()).toEqual([expect.stringMatching(/^2026-11-25T01:4/), 'hop 1 soaks for 1 day'])
    world.time += 86_400_000
    expect(await told()).toEqual(['2026-12-01T01:00:00.000Z', tuesday[1]])
    world.time = Date.parse('2026-12-01T02:30:00Z')
    expect(await told()).toEqual(['complete'])
    expect(world.aws.cluster.version).toBe('1.35')
  })
})

test('a hop that may stand for so long only is followed in time, or it is told', async () => {
  const {hops, ...rest} = planFor('mlops-platform', {eks: '1.33..1.35'})
  const day = 86_400_000
  const plan = {...rest, hops: hops.map(hop => ({...hop, soak: {max: 2 * day}}))}
  const world = eks.world()
  world.shell = [[/describe-cluster/, () => ok(`ACTIVE\t${world.aws.cluster.version}`)]]
  const log = memoryLog(() => {})
  const tools = await toolsOn(plan, world, log)
  await hear(everyone, planTasks(plan, site), tools.writer)
  const at = (text: string) => ({windows: [parseWindow(text)].flatMap(one => one ?? []), patient: false})
  world.time = Date.parse('2026-11-24T02:00:00Z')
  expect(await runForward(plan, site, at('Tue 01:00-02:05'), tools)).toMatchObject({
    kind: 'paused',
    until: Date.parse('2026-12-01T01:00:00Z'),
    late: expect.stringMatching(/^hop 1 may stand for 2 days at most, until 2026-11-26T02:/),
  })
  // A window that opens in time is none to speak of.
  const soon = await runForward(plan, site, at('Wed 01:00-03:00'), tools)
  expect(soon).toMatchObject({kind: 'paused', until: Date.parse('2026-11-25T01:00:00Z')})
  expect(soon).not.toHaveProperty('late')
  // Too late, going on is what mends it.
  world.time += 3 * day
  expect(await runForward(plan, site, {windows: [], patient: false}, tools)).toMatchObject({kind: 'complete'})
  const told = tools.writer.journal.records.flatMap(r =>
    r.kind === 'pause' && r.until === undefined ? [r.why] : [],
  )
  expect(told).toEqual([expect.stringContaining('hop 1 may stand for 2 days at most')])
})

describe('the way back', () => {
  test('MLflow goes back by its snapshot, after somebody has said that it is there', async () => {
    const {world, tools, plan, outcome} = await begun(mlflow, w => {
      w.shell = []
      w.objects['job/mlflow-migrate-r1'] = {
        status: {conditions: [{type: 'Failed', status: 'True', message: 'BackoffLimitExceeded'}]},
      }
    })
    expect(outcome).toMatchObject({kind: 'halted', halt: {kind: 'failed', saw: 'BackoffLimitExceeded'}})
    const back = backOf(plan, tools, world.time)
    expect(back.stays).toBeUndefined()
    expect(back.hops[0]?.notRestored).toEqual(['everything written since the snapshot'])
    expect(await runBack(back, tools)).toMatchObject({halt: {kind: 'approval', task: {id: 'back.1.1'}}})
    await hear(
      everyone,
      back.hops.flatMap(h => h.tasks),
      tools.writer,
    )
    expect(await runBack(back, tools)).toMatchObject({kind: 'rolled-back'})
    expect(Object.keys(world.aws.instances)).toEqual(['mlflow', 'mlflow-restored-r1'])
    expect(reportOf(tools.writer.journal)).toContain('everything written since the snapshot')
  })

  test('a control plane that has moved again keeps only its last step back; without a recipe each action is taken back', async () => {
    const {world, tools, plan} = await begun(eks)
    const back = backOf(plan, tools, world.time)
    expect(back.hops.map(({hop}) => hop.component)).toEqual(plan.hops.map(h => h.component).reverse())
    const cni = back.hops.find(({hop}) => hop.component === 'vpc-cni')
    expect(cni?.tasks.map(t => t.action)).toMatchObject([
      {action: 'eks-addon', addon: 'vpc-cni', version: 'v1.19.0-eksbuild.1'},
    ])
  })

  test('after seven days the control plane stays, and what came before it with it', async () => {
    const {world, tools, plan} = await begun(eks)
    const back = backOf(plan, tools, world.time + 8 * 86_400_000)
    expect(back.stays).toMatchObject({hop: {component: 'eks'}, otherwise: 'blue-green'})
    expect(back.hops.every(({hop}) => hop.number > (back.stays?.hop.number ?? 0))).toBe(true)
  })

  test('a hop that went back in time is not held up when its time is over', async () => {
    const {world, tools, plan} = await begun(eks)
    const late = world.time + 8 * 86_400_000
    const [newest] = plan.hops.toReversed()
    const {stays, hops} = backOf(plan, tools, late)
    for (let hop = stays?.hop.number ?? 0; hop <= (newest?.number ?? 0); hop++)
      await tools.writer.write({kind: 'hop', hop, way: 'back'})
    expect(backOf(plan, tools, late).hops.length).toBeGreaterThan(hops.length)
  })

  test('what failed and may be tried again was begun nevertheless', async () => {
    const tools = await toolsOn(
      mlflow.plan,
      mlflow.world(),
      memoryLog(() => {}),
    )
    const change = planTasks(mlflow.plan, site).find(t => t.phase === 'change')?.id ?? ''
    await tools.writer.write({kind: 'intent', task: change, attempt: 1, saw: ''})
    await tools.writer.write({kind: 'failed', task: change, saw: 'half way'})
    await tools.writer.write({kind: 'again', task: change})
    expect(backOf(mlflow.plan, tools, 0).hops).toHaveLength(1)
  })

  test('nothing was changed, so nothing goes back', async () => {
    const tools = await toolsOn(
      mlflow.plan,
      mlflow.world(),
      memoryLog(() => {}),
    )
    expect(backOf(mlflow.plan, tools, 0)).toEqual({hops: []})
  })
})

test('in an emergency the hop under way is scaled down, rolled back and restored; nobody is asked', async () => {
  const {world, tools, plan} = await begun(mlflow)
  const tasks = emergencyTasks(plan, stateOf(tools.writer.journal.records), site)
  expect(tasks.map(t => t.action.action)).toEqual([
    'kubectl-scale',
    'kubectl-scale',
    'rds-restore',
    'set-image',
    'kubectl-scale',
  ])
  const outcome: Outcome = await runEmergency(tasks, tools)
  expect(outcome).toMatchObject({kind: 'mitigated'})
  expect(JSON.stringify(world.objects['deployment/mlflow'])).toContain('v2.9.2')
})

test('a hop for which nobody has written a procedure is asked for, and its want of a way back counts', async () => {
  const one = cases().find(({name}) => name.startsWith('mock-device'))
  if (!one) throw new Error('no such case')
  const world = one.world()
  const tools = await toolsOn(
    one.plan,
    world,
    memoryLog(() => {}),
  )
  const said = planTasks(one.plan, site).filter(t => t.hop !== 2 && t.action.action === 'approve')
  await hear({...everyone, approve: said.map(t => t.id)}, planTasks(one.plan, site), tools.writer)
  const asks = {kind: 'halted', halt: {kind: 'approval', task: {id: '2.1'}}}
  expect(hopState(3, tools.writer.journal.records)).toBe('not begun')
  expect(await runForward(one.plan, site, patient, tools)).toMatchObject(asks)
  await hear({...everyone, approve: ['2.1']}, planTasks(one.plan, site), tools.writer)
  expect(await runForward(one.plan, site, patient, tools)).toMatchObject({kind: 'complete'})
  const back = backOf(one.plan, tools, world.time)
  // Nobody goes back below what stays.
  expect(back.hops.map(({hop}) => hop.number)).toEqual([3])
  expect(back.stays).toMatchObject({hop: {number: 2}})
})

describe('an emergency', () => {
  test('is the one of the hop under way, not of what is merely approved or went back', async () => {
    const tools = await toolsOn(
      eks.plan,
      eks.world(),
      memoryLog(() => {}),
    )
    const tasks = () => emergencyTasks(eks.plan, stateOf(tools.writer.journal.records), site)
    await hear(everyone, planTasks(eks.plan, site), tools.writer)
    expect(tasks()).toEqual([])
    for (const {id, action} of planTasks(eks.plan, site))
      if (/^[13]\./.test(id) && action.action !== 'approve')
        await tools.writer.write({kind: 'intent', task: id, attempt: 1, saw: ''})
    expect(new Set(tasks().map(t => t.hop))).toEqual(new Set([3]))
    await tools.writer.write({kind: 'hop', hop: 3, way: 'back'})
    expect(new Set(tasks().map(t => t.hop))).toEqual(new Set([1]))
  })

  test.each([
    [
      'all that a chart runs',
      'echo deployment.apps/a statefulset.apps/b',
      0,
      'deployment.apps/a statefulset.apps/b',
    ],
    ['nothing for a chart of CRDs', 'true', 0, ''],
    ['fails where nobody can say what runs', 'exit 1', 1, ''],
  ])('scales down: %s', async (_, get, code, scaled) => {
    const upgrade = planTasks(eks.plan, site).find(t => t.action.action === 'helm-upgrade')
    const tools = await toolsOn(
      eks.plan,
      eks.world(),
      memoryLog(() => {}),
    )
    await tools.writer.write({kind: 'intent', task: upgrade?.id ?? '', attempt: 1, saw: ''})
    const [stop] = emergencyTasks(eks.plan, stateOf(tools.writer.journal.records), site)
    const line = stop?.action.action === 'commands' ? stop.action.run[0] : ''
    // A kubectl of its own: what is scaled is what is named behind the replicas.
    const kubectl = `kubectl() { if [ "$1" = get ]; then ( ${get} ); else shift 4; [ -n "$*" ] && echo "$@"; fi; }`
    const said = await realExec.run(['sh', '-c', `${kubectl}\n${line}`])
    expect([said.code, said.stdout.toString().trim()]).toEqual([code, scaled])
  })

  test('goes on without a program that is not there, and tells everything that failed', async () => {
    const {world, tools, plan} = await begun(mlflow)
    const tasks = emergencyTasks(plan, stateOf(tools.writer.journal.records), site)
    const call = world.call
    world.call = async (asked, timeout) => {
      if ('argv' in asked && asked.argv[0] === 'aws') return no('ExpiredToken')
      if ('argv' in asked && asked.argv.includes('scale'))
        throw new DiagnosticError([{code: 'E020', severity: 'error', message: 'no kubectl'}])
      return call(asked, timeout)
    }
    const outcome = await runEmergency(tasks, tools)
    expect(outcome).toMatchObject({kind: 'halted', halt: {saw: 'no kubectl'}})
    expect(outcome.kind === 'halted' && outcome.more?.map(h => h.kind)).toContain('unknown')
    expect(JSON.stringify(world.objects['deployment/mlflow'])).toContain('v2.9.2')
  })
})

describe('who owns it', () => {
  const plan = planFor('mlops-platform', {karpenter: '1.5.0..1.6.0', 'karpenter-crd': '1.5.0', eks: '1.33'})

  test('by the bindings: Argo CD and Flux always, Terraform where the plan has another way', () => {
    const bound = (component: string, owner: 'argocd' | 'flux' | 'terraform' | 'helm') => [
      {component, owner, at: {file: 'f', path: 'p'}},
    ]
    const codes = (...args: Parameters<typeof ownedByBindings>) => ownedByBindings(...args).map(d => d.code)
    expect(codes(plan, bound('karpenter', 'argocd'))).toEqual(['Q030'])
    expect(codes(plan, bound('karpenter', 'flux'))).toEqual(['Q031'])
    expect(codes(plan, bound('karpenter', 'helm'))).toEqual([])
    expect(codes(eks.plan, bound('eks', 'terraform'))).toEqual(['Q032'])
    const provider = planFor('mlops-platform', {'terraform-aws-provider': '5.100.0..6.0.0'})
    expect(codes(provider, bound('terraform-aws-provider', 'terraform'))).toEqual([])
  })

  test.each([
    [
      'Q030',
      {annotations: {'argocd.argoproj.io/tracking-id': 'karpenter:apps/Deployment:karpenter/karpenter'}},
    ],
    ['Q030', {labels: {'app.kubernetes.io/instance': 'an-application'}}],
    ['Q031', {labels: {'helm.toolkit.fluxcd.io/name': 'karpenter'}}],
    ['Q031', {labels: {'kustomize.toolkit.fluxcd.io/name': 'infra'}}],
    [
      undefined,
      {labels: {'app.kubernetes.io/instance': 'karpenter', 'app.kubernetes.io/managed-by': 'Helm'}},
    ],
  ])('by live labels and annotations: %s for %o', async (code, metadata) => {
    const world = eks.world()
    const call = world.call
    world.call = async (asked, timeout) => {
      const words = 'argv' in asked ? asked.argv.join(' ') : ''
      if (words.startsWith('helm get manifest')) return ok('kind: Deployment')
      if (words.includes('applications.argoproj.io'))
        return ok(JSON.stringify({items: [{metadata: {name: 'an-application'}}]}))
      if (words.includes('get -f -')) return ok(JSON.stringify({kind: 'List', items: [{metadata}]}))
      return call(asked, timeout)
    }
    const found = await ownedLive(planTasks(plan, site), world)
    expect(new Set(found.map(d => d.code))).toEqual(new Set(code ? [code] : []))
  })
})

describe('before anything is done', () => {
  test('the dry run looks and changes nothing', async () => {
    const world = eks.world()
    const tools = await toolsOn(
      eks.plan,
      world,
      memoryLog(() => {}),
    )
    const shown = await preview(eks.plan, stateOf(tools.writer.journal.records), site, {world, helm: 4})
    expect(world.acts).toEqual([])
    const states = shown.flatMap(h => h.tasks.map(t => t.state))
    expect(states).toContain('not-started')
    const upgrade = shown.flatMap(h => h.tasks).find(t => t.title.startsWith('Raise the control plane'))
    expect(upgrade).toMatchObject({
      saw: '1.33 ACTIVE',
      commands: [
        expect.stringContaining('--kubernetes-version 1.34'),
        expect.stringContaining('wait cluster-active'),
      ],
    })
  })

  test('the password of a URI is neither shown nor written down', async () => {
    const uri = 'postgresql://mlflow:s3cret@db/mlflow'
    const own: RunSite = {...site, parameters: {...site.parameters, uri}}
    const world = mlflow.world()
    const tools = await toolsOn(
      mlflow.plan,
      world,
      memoryLog(() => {}),
    )
    await hear(everyone, planTasks(mlflow.plan, own), tools.writer)
    const call = world.call
    world.call = async (asked, timeout) =>
      'argv' in asked && asked.argv.includes('create') ? no(`cannot reach ${uri}`) : call(asked, timeout)
    const dry = await preview(mlflow.plan, stateOf([]), own, {world, helm: 4})
    const outcome = await runForward(mlflow.plan, own, patient, tools)
    expect(outcome).toMatchObject({halt: {saw: 'cannot reach postgresql://mlflow:***@db/mlflow'}})
    const told = JSON.stringify([dry, tools.writer.journal.records.slice(1)])
    expect(told).toContain('mlflow:***@db')
    expect(told).not.toContain('s3cret')
  })

  test('open parameters are told at once', () => {
    const tasks = planTasks(mlflow.plan, {run: 'r1', parameters: {}})
    expect(problemsOf(tasks).map(d => d.message)).toEqual([
      'the parameter {{database}} of step 1.2 is not known',
      'the parameter {{uri}} of step 1.3 is not known',
    ])
  })

  test('what a person says must be about a step that waits', async () => {
    const tools = await toolsOn(
      mlflow.plan,
      mlflow.world(),
      memoryLog(() => {}),
    )
    const wrong = {approve: ['1.2'], done: ['9.9'], again: ['1.1']}
    await expect(hear(wrong, planTasks(mlflow.plan, site), tools.writer)).rejects.toThrow(
      /nothing to decide on 1\.2[\s\S]*no step 9\.9[\s\S]*nothing to decide on 1\.1/,
    )
  })
})

describe('journals', () => {
  test('an unfinished last line is as good as none; anything else that is broken is refused', async () => {
    const {log} = await begun(mlflow)
    const whole = readJournal(log.text).records.length
    expect(readJournal(`${log.text}{"seq":`).records).toHaveLength(whole)
    const lines = log.text.split('\n')
    expect(() => readJournal(lines.toSpliced(3, 1).join('\n'))).toThrow('Q002: line 4 has the number 5')
    expect(() => readJournal(lines.with(2, '{}').join('\n'))).toThrow('Q002: line 3 is broken')
    expect(() => readJournal('not a journal\n')).toThrow('Q001')
    expect(() => readJournal(log.text.replace('"version":1', '"version":2'))).toThrow(
      'Q001: the journal is of version 2',
    )
  })

  test('the report tells failures, who took it up, and leaves room for people', async () => {
    const {tools} = await begun(mlflow, w => {
      w.shell = []
      w.call = async call => ('argv' in call && call.argv[0] === 'aws' ? no('ExpiredToken') : ok('{}'))
    })
    const report = reportOf(tools.writer.journal)
    expect(report).toMatch(/## What failed\n\n- 2026-11-21T.*Z 1\.\d: /)
    expect(report).toContain('- Root cause:')
  })
})
