import {describe, expect, test} from 'vitest'
import {realExec} from '#release/effects/exec.ts'
import {awsCall} from '#testbed/aws/aws.ts'
import {emptyAws} from '#testbed/aws/state.ts'
import type {Action, ActionOf} from './action.ts'
import {type Answer, type Call, quote, shellLine} from './call.ts'
import {fill, openParameters} from './fill.ts'
import {versionOfChart} from './helm.ts'
import {kindOf} from './kinds.ts'
import {actionOf, commandsOf} from './of-step.ts'

const site = {parameters: {namespace: 'prod', release: 'app'}, charts: 'oci://registry.test/charts'}
const ok = (data: unknown): Answer => ({code: 0, stdout: JSON.stringify(data), stderr: ''})
const no = (stderr: string, code = 1): Answer => ({code, stdout: '', stderr})
const judged = (action: Action, ...answers: Answer[]) => kindOf(action).judge(action, answers).state
const undone = (action: Action, ...answers: Answer[]) => kindOf(action).undo?.(action, answers)

describe('steps as commands', () => {
  test('a chart is Helm’s, with new defaults below own values; both majors take it', () => {
    expect(commandsOf({title: '', set: {chart: 'app', to: '2.0.0'}}, site)).toEqual([
      'helm upgrade --install app oci://registry.test/charts/app \\\n  --version 2.0.0 --namespace prod --create-namespace --reset-then-reuse-values --wait --timeout=10m',
    ])
  })

  test('a run rolls back by the flag of the Helm that is there', () => {
    const action = actionOf({title: '', set: {chart: 'app', to: '2.0.0'}}, site)
    const [three, four] = ([3, 4] as const).map(helm =>
      kindOf(action).act(action, [], {helm, token: '', timeout: 1000}).map(shellLine).join(),
    )
    expect(three).toContain('--atomic')
    expect(four).toContain('--rollback-on-failure')
  })

  test('what waits for a person has none; a probe is a question; a target is one of its own', () => {
    expect(commandsOf({title: 'Think.'}, site)).toEqual([])
    expect(commandsOf({title: '', probe: {http: 'http://a/health', status: 200}}, site)).toEqual([
      `curl -sS -o /dev/null -w '%{http_code}\\n' http://a/health`,
    ])
    const apply = {
      action: 'terraform-apply',
      folder: 'infra',
      targets: ['module.eks.aws_eks_cluster.this[0]'],
    } as const
    expect(commandsOf({title: '', do: {...apply, targets: [...apply.targets]}}, site)).toEqual([
      `(cd infra && terraform apply '-target=module.eks.aws_eks_cluster.this[0]')`,
    ])
  })

  test('unknown parameters stay, so that a person can fill them in; words with blanks are quoted', () => {
    const step = {
      title: '',
      do: {action: 'kubectl-wait' as const, resource: 'pod', selector: 'app={{what}}', for: 'rollout'},
    }
    expect(commandsOf(step, site)).toEqual(['kubectl rollout status pod -l app={{what}} --timeout=600s'])
    expect([quote('a b'), quote("it's"), quote('{{a}} b'), quote('{"a":1}'), quote('')]).toEqual([
      `'a b'`,
      `'it'\\''s'`,
      '"{{a}} b"',
      `'{"a":1}'`,
      `''`,
    ])
  })

  test('parameters are filled everywhere, and what is open is told', () => {
    const data = {a: ['{{x}}-{{y}}'], b: {c: '{{x}}', d: 1}}
    expect(fill(data, {x: '1'})).toEqual({a: ['1-{{y}}'], b: {c: '1', d: 1}})
    expect(openParameters(fill(data, {x: '1'}))).toEqual(['y'])
  })
})

describe('Helm', () => {
  const upgrade: Action = {
    action: 'helm-upgrade',
    release: 'app',
    chart: 'oci://r/app',
    version: '2.0.0',
    values: {a: '1'},
    files: [],
  }
  const revision = (status: string, version: string, number = 1) => ({
    revision: number,
    status,
    chart: `app-${version}`,
  })

  test('is told by the newest revision, its chart and the values that matter', () => {
    expect(judged(upgrade, no('Error: release: not found'))).toBe('not-started')
    expect(judged(upgrade, ok([revision('deployed', '1.0.0')]), ok({}))).toBe('not-started')
    expect(judged(upgrade, ok([revision('deployed', '2.0.0')]), ok({a: 1}))).toBe('applied')
    expect(judged(upgrade, ok([revision('deployed', '2.0.0')]), ok({a: 2}))).toBe('not-started')
    expect(judged(upgrade, ok([revision('failed', '2.0.0')]), ok({a: 1}))).toBe('not-started')
    expect(judged(upgrade, ok([revision('pending-upgrade', '2.0.0')]))).toBe('in-progress')
    expect(judged(upgrade, no('connection refused'))).toBe('unknown')
  })

  test('a value with a comma is one value', () => {
    const listed: Action = {...upgrade, values: {methods: 'LiveMigrate,Evict', none: null}}
    const [call] = kindOf(listed).act(listed, [], {helm: 4, token: '', timeout: 1000})
    expect(call && 'argv' in call && call.argv).toEqual(
      expect.arrayContaining(['methods=LiveMigrate\\,Evict', 'none=null']),
    )
  })

  test('goes back to the newest sound revision, and away if there was none', () => {
    const before = ok([
      revision('superseded', '0.9.0'),
      revision('deployed', '1.0.0', 2),
      revision('failed', '2.0.0', 3),
    ])
    expect(undone(upgrade, before)).toMatchObject([{action: 'helm-rollback', version: '1.0.0'}])
    expect(undone(upgrade, no('release: not found'))).toMatchObject([{action: 'helm-uninstall'}])
    const back: Action = {action: 'helm-rollback', release: 'app', version: '1.0.0'}
    expect(judged(back, ok([revision('deployed', '2.0.0')]))).toBe('failed')
    const acts = kindOf(back).act(back, [before], {helm: 4, token: '', timeout: 60_000})
    expect(acts.map(shellLine)).toEqual(['helm rollback app 2 --wait --timeout=1m'])
  })

  test.each([
    ['app-1.2.3', '1.2.3'],
    ['kserve-crd-v0.17.0', 'v0.17.0'],
    ['a-2-b-1.0.0-rc.1', '1.0.0-rc.1'],
  ])('%s has the version %s', (chart, version) => expect(versionOfChart(chart)).toBe(version))
})

describe('kubectl', () => {
  const patch: Action = {action: 'kubectl-patch', resource: 'a/b', patch: '{"spec":{"tag":"2","gone":null}}'}

  test('a patch is there when the object has it, and is undone by what was there', () => {
    expect(judged(patch, ok({spec: {tag: '2', other: 1}}))).toBe('applied')
    expect(judged(patch, ok({spec: {tag: '1', gone: 5}}))).toBe('not-started')
    expect(undone(patch, ok({spec: {tag: '1', gone: 5}}))).toMatchObject([
      {patch: '{"spec":{"tag":"1","gone":5}}'},
    ])
    expect(undone(patch, ok({}))).toMatchObject([{patch: '{"spec":null}'}])
    expect(judged(patch, no('Error from server (NotFound): a "b" not found'))).toBe('failed')
    expect(judged(patch, no('Forbidden'))).toBe('unknown')
  })

  test('a version is not dropped while its objects cannot be read', () => {
    const migrate: Action = {action: 'crd-storage-migration', crd: 'things.test.io'}
    const crd = ok({
      spec: {versions: [{name: 'v1', storage: true}]},
      status: {storedVersions: ['v1alpha1', 'v1']},
    })
    expect(judged(migrate, crd, ok({items: []}))).toBe('not-started')
    expect(judged(migrate, crd, no('conversion webhook failed'))).toBe('unknown')
    expect(kindOf(migrate).twice(migrate)).toBe('observed')
  })

  test('what is kept can be applied again: without version and uid, and nothing when the cluster fails', async () => {
    const backup: Action = {action: 'kubectl-backup', resources: ['things', 'others'], file: 'kept.yaml'}
    const [call] = kindOf(backup).act(backup, [], {helm: 4, token: '', timeout: 1000})
    if (!call || !('argv' in call)) throw new Error('no program')
    expect(call.into).toBe('kept.yaml')
    const list = `apiVersion: v1
items:
- apiVersion: test.io/v1
  kind: Thing
  metadata:
    name: a
    ownerReferences:
    - name: b
      uid: owner
    resourceVersion: "7"
    uid: own
  spec:
    resourceVersion: kept
    uid: kept
kind: List
metadata:
  resourceVersion: ""`
    const saidBy = (kubectl: string) =>
      realExec.run(['sh', '-c', `kubectl() { ${kubectl}; }\n${call.argv.at(-1)}`], {stdin: list})
    expect((await saidBy('cat')).stdout.toString().trim()).toBe(
      list.replace('    resourceVersion: "7"\n    uid: own\n', ''),
    )
    expect((await saidBy('echo half; return 1')).code).toBe(1)
    const strict = `set -e; kubectl() { return 1; }\n${call.argv.at(-1)}\necho went on`
    expect((await realExec.run(['sh', '-c', strict])).stdout.toString()).toBe('')
  })

  test('a failed Job is over, a running one goes on', () => {
    const job: Action = {action: 'job', name: 'j', image: 'i', command: ['c'], env: {}}
    const status = (type: string) => ok({status: {conditions: [{type, status: 'True'}]}})
    expect(judged(job, status('Complete'))).toBe('applied')
    expect(judged(job, status('Failed'))).toBe('failed')
    expect(judged(job, ok({status: {active: 1}}))).toBe('in-progress')
    expect(judged(job, no('Error from server (NotFound): jobs.batch "j" not found'))).toBe('not-started')
  })
})

test('PromQL: every sample has to hold, and none is no proof', () => {
  const gate: ActionOf<'promql'> = {action: 'promql', server: 'http://p/', query: 'up', holds: '>= 1'}
  const of = (...values: string[]) => ({
    ...ok({data: {result: values.map(v => ({value: [0, v]}))}}),
    code: 200,
  })
  expect([
    judged(gate, of('1', '2')),
    judged(gate, of('1', '0')),
    judged(gate, of()),
    judged(gate, of('NaN')),
  ]).toEqual(['applied', 'in-progress', 'in-progress', 'in-progress'])
})

describe('EKS, by its real rules', () => {
  const state = () =>
    emptyAws({
      nodegroups: {gpu: '1.33'},
      addons: {'vpc-cni': 'v1.18.0-eksbuild.1'},
      builds: {
        'vpc-cni': [
          {version: 'v1.20.0-eksbuild.1', fits: ['1.33']},
          {version: 'v1.19.0-eksbuild.9', fits: ['1.34']},
          {version: 'v1.19.0-eksbuild.2', fits: ['1.33', '1.34']},
        ],
      },
    })
  const answers = (aws: ReturnType<typeof state>, calls: readonly Call[], now = 0) =>
    calls.map(call => awsCall(aws, 'argv' in call ? call.argv.slice(1) : [], now))
  const act = (aws: ReturnType<typeof state>, action: Action, token = 't', now = 0) => {
    const kind = kindOf(action)
    const looked = answers(aws, kind.look(action), now)
    return answers(aws, kind.act(action, looked, {helm: 4, token, timeout: 1000}), now)[0]
  }

  test('an add-on takes the newest build that fits the cluster, one minor at a time', () => {
    const aws = state()
    const addon = (version: string): Action => ({
      action: 'eks-addon',
      cluster: 'prod',
      addon: 'vpc-cni',
      version,
    })
    expect(act(aws, addon('v1.20.0'))?.stderr).toContain('1 minor version at a time')
    expect(act(aws, addon('v1.19.0'))?.code).toBe(0)
    expect(aws.updates[0]?.to).toBe('v1.19.0-eksbuild.2')
    expect(
      judged(addon('v1.21.0'), ...answers(aws, kindOf(addon('v1.21.0')).look(addon('v1.21.0')), 1e9)),
    ).toBe('failed')
  })

  test('builds that cannot be read are no want of builds', () => {
    const addon: Action = {action: 'eks-addon', cluster: 'prod', addon: 'vpc-cni', version: 'v1.19.0'}
    const [here, , cluster] = answers(state(), kindOf(addon).look(addon))
    if (!here || !cluster) throw new Error('no answers')
    expect(judged(addon, here, no('ThrottlingException'), cluster)).toBe('unknown')
  })

  test('the same token is the same update; a version that looks like the beginning of another is none', () => {
    const aws = state()
    const up: Action = {action: 'eks-cluster-version', cluster: 'prod', version: '1.34'}
    act(aws, up, 'one')
    act(aws, up, 'one')
    expect(aws.accepted).toEqual(['update cluster 1.34'])
    expect(act(aws, up, 'two')?.stderr).toContain('ResourceInUseException')
  })

  test('a control plane goes back by one minor within seven days, nodes first, and not twice', () => {
    const aws = state()
    const to = (version: string): Action => ({action: 'eks-cluster-version', cluster: 'prod', version})
    const [hour, day] = [3_600_000, 86_400_000]
    act(aws, to('1.34'), 'up', 0)
    act(aws, {action: 'eks-nodegroup', cluster: 'prod', nodegroup: 'gpu', version: '1.34'}, 'n', hour)
    expect(act(aws, to('1.33'), 'back', 2 * hour)?.stderr).toContain('roll it back first')
    act(aws, {action: 'eks-nodegroup', cluster: 'prod', nodegroup: 'gpu', version: '1.33'}, 'n2', 3 * hour)
    expect(act(aws, to('1.33'), 'late', 8 * day)?.stderr).toContain('7 days')
    expect(act(aws, to('1.33'), 'back', 4 * hour)?.code).toBe(0)
    expect(act(aws, to('1.32'), 'again', 6 * hour)?.stderr).toContain('no version to roll back to')
    expect(aws.cluster.version).toBe('1.33')
  })

  test('an ERROR among the insights stops at once', () => {
    const aws = state()
    aws.insights.UPGRADE_READINESS = [{name: 'Deprecated APIs removed in 1.34', status: 'ERROR'}]
    const gate: Action = {action: 'eks-insights', cluster: 'prod', category: 'UPGRADE_READINESS'}
    expect(kindOf(gate).judge(gate, answers(aws, kindOf(gate).look(gate)))).toEqual({
      state: 'failed',
      saw: 'ERROR: Deprecated APIs removed in 1.34',
    })
  })
})

test('RDS takes no dots in names: a version’s become hyphens, and what was made so is found again', () => {
  const aws = emptyAws({instances: {mlflow: {readyAt: 0}}})
  const snapshot: Action = {action: 'rds-snapshot', instance: 'mlflow', snapshot: 'before-3.17.2-r1'}
  const kind = kindOf(snapshot)
  const all = (calls: readonly Call[]) =>
    calls.map(call => awsCall(aws, 'argv' in call ? call.argv.slice(1) : [], 0))
  expect(all(kind.act(snapshot, [], {helm: 4, token: '', timeout: 1000}))).toMatchObject([{code: 0}])
  expect(Object.keys(aws.snapshots)).toEqual(['before-3-17-2-r1'])
  expect(all(kind.look(snapshot))).toMatchObject([{code: 0}])
})

test('a field in a file is edited in place, committed, and set back', () => {
  const edit: ActionOf<'file-edit'> = {
    action: 'file-edit',
    file: 'a.tfvars',
    path: 'version',
    to: '1.35',
    commit: 'Raise',
  }
  const text = {code: 0, stdout: '# ours\nversion = "1.34" # keep\n', stderr: ''}
  const clean = {code: 0, stdout: '', stderr: ''}
  expect(judged(edit, text, clean)).toBe('not-started')
  const acts = kindOf(edit).act(edit, [text, clean], {helm: 4, token: '', timeout: 1})
  expect(acts[0]).toEqual({write: 'a.tfvars', text: '# ours\nversion = "1.35" # keep\n'})
  const edited = {...text, stdout: '# ours\nversion = "1.35" # keep\n'}
  expect(judged(edit, edited, {...clean, stdout: ' M a.tfvars'})).toBe('not-started')
  expect(judged(edit, edited, clean)).toBe('applied')
  expect(undone(edit, text)).toMatchObject([{to: '1.34', commit: 'Revert: Raise'}])
})
