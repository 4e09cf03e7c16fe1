import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type ControlPlane, mustKubectl, startControlPlane} from '#testbed/cluster/control-plane.ts'
import {freePorts, until} from '#testbed/cluster/processes.ts'
import {type Aws, startAws} from '#testbed/mlops/aws.ts'
import {type Databases, postgresDatabases, sqliteDatabases} from '#testbed/mlops/databases.ts'
import {type Pods, type Program, playPods} from '#testbed/mlops/pods.ts'
import {needPython, needTools} from '#testbed/needs.ts'
import {realExec} from '../effects/exec.ts'
import {realFiles} from '../effects/files.ts'
import {openKube} from '../effects/kube/open.ts'
import {takeLease} from '../effects/upgrade/lease.ts'
import {fileLog} from '../effects/upgrade/log.ts'
import {realWorld} from '../effects/upgrade/world.ts'
import type {Kube} from '../lib/kube.ts'
import {wayBack} from './back.ts'
import type {Tools} from './engine.ts'
import {beginJournal} from './journal.ts'
import {runBack, runForward} from './run.ts'
import {hear} from './said.ts'
import {stateOf} from './state.ts'
import {planTasks, type RunSite} from './tasks.ts'
import {planFor} from './test-plans.ts'

/*
 * MLflow from 2.9.2 to 3.17.2 and back, as the matrix says it: real servers and their real migration of a real database,
 * real Deployments and Jobs of a real control plane, AWS's own command against moto. Nobody's image is pulled: a pod is a
 * process of this machine, with the packages of its image's tag.
 */
const tools = await needTools('kubectl', 'kube-apiserver', 'kube-controller-manager')
const python = await needPython('mlflow-2.9.2', 'mlflow-3.17.2', 'postgres', 'aws')
const packages: Readonly<Record<string, string | undefined>> = {
  'ghcr.io/mlflow/mlflow:v2.9.2': python?.['mlflow-2.9.2'],
  'ghcr.io/mlflow/mlflow:v3.17.2': python?.['mlflow-3.17.2'],
}
const plan = planFor('mlops-platform', {mlflow: '2.9.2..3.17.2'})

describe.skipIf(!tools || !python).each([
  {store: 'SQLite', start: sqliteDatabases},
  {store: 'PostgreSQL', start: postgresDatabases},
])('MLflow on $store', {timeout: 600_000}, ({start}) => {
  let folder: string
  let plane: ControlPlane
  let kube: Kube
  let pods: Pods
  let databases: Databases
  let aws: Aws
  let port = 0
  let own: Tools
  let site: RunSite
  const kubectl = (...args: string[]) => mustKubectl(plane, ['-n', 'mlops', ...args])

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mlflow-'))
    plane = await startControlPlane({with: ['kube-controller-manager']})
    kube = await openKube({kubeconfig: plane.kubeconfig, env: {}})
    databases = await start(folder)
    aws = await startAws(folder, databases)
    ;[port = 0] = await freePorts(1)
    await writeFile(join(aws.bin, 'kubectl'), `#!/bin/sh\nexec ${tools?.kubectl} "$@"\n`, {mode: 0o755})
    const world = realWorld({
      exec: realExec,
      files: realFiles({durable: false}),
      // The name that a cluster's own servers know.
      fetch: (url, init) =>
        fetch(String(url).replace('mlflow.mlops.svc.cluster.local:5000', `127.0.0.1:${port}`), init),
      cwd: folder,
      env: {...process.env, ...aws.env, PATH: `${aws.bin}:${process.env.PATH}`, KUBECONFIG: plane.kubeconfig},
      signal: new AbortController().signal,
    })
    await world.call({argv: ['aws', 'rds', 'create-db-instance', ...instance]}, 60_000)
    await mustKubectl(plane, ['create', 'namespace', 'mlops'])
    pods = playPods(kube, 'mlops', (image, words) => mlflow(image, words, databases.packages))
    await mustKubectl(plane, ['apply', '-f', '-'], JSON.stringify(deployment(databases.uri('mlflow'), port)))
    await kubectl('rollout', 'status', 'deployment/mlflow', '--timeout=180s')
    const lock = await takeLease(kube, {
      name: 'mlflow',
      namespace: 'default',
      holder: 'test',
      now: Date.now,
      beat: 0,
    })
    site = {run: 'r1', parameters: {database: 'mlflow', uri: databases.uri('mlflow')}}
    const writer = await beginJournal(
      {run: 'r1', digest: 'digest', plan},
      fileLog(join(folder, 'journal')),
      world,
      () => {},
    )
    own = {world, writer, lock, helm: 4, run: 'r1', poll: 500, told: () => {}}
  }, 600_000)
  afterAll(async () => {
    await pods?.stop()
    kube?.close()
    await aws?.server.stop()
    await databases?.stop()
    await plane?.stop()
    await rm(folder, {recursive: true, force: true})
  })

  const why = (outcome: unknown) => `${pods.output('mlflow')}\n${JSON.stringify(outcome)}`
  const experiments = async () => {
    const url = `http://127.0.0.1:${port}/api/2.0/mlflow/experiments/search`
    const response = await fetch(url, {method: 'POST', headers: json, body: '{"max_results":100}'})
    const {experiments: found} = (await response.json()) as {experiments: {name: string}[]}
    return found.map(({name}) => name).sort()
  }
  const create = async (name: string) => {
    const url = `http://127.0.0.1:${port}/api/2.0/mlflow/experiments/create`
    const response = await fetch(url, {method: 'POST', headers: json, body: JSON.stringify({name})})
    expect(response.status).toBe(200)
  }

  test('goes up: a snapshot, the migration by a Job of the new image, then the new server on the same data', async () => {
    await create('before')
    await hear({approve: ['all'], done: [], again: []}, planTasks(plan, site), own.writer)
    const outcome = await runForward(plan, site, {windows: [], patient: true}, own)
    expect(outcome, why(outcome)).toMatchObject({kind: 'complete'})
    expect(await kubectl('get', 'job', 'mlflow-migrate-r1', '-o', 'jsonpath={.status.succeeded}')).toBe('1')
    expect(await experiments()).toEqual(['Default', 'before'])
    await create('after')
  })

  test('the old server cannot be had back by its image alone: it does not know the new schema', async () => {
    await kubectl('set', 'image', 'deployment/mlflow', 'mlflow=ghcr.io/mlflow/mlflow:v2.9.2')
    await until(
      'the old server’s end',
      async () => pods.output('mlflow').includes("Can't locate revision identified by"),
      [],
      180_000,
    )
  })

  test('goes back by the snapshot, on a new instance, without what came after it', async () => {
    const back = wayBack(plan, stateOf(own.writer.journal.records), site, Date.now())
    const tasks = back.hops.flatMap(hop => hop.tasks)
    const halted = await runBack(back, own)
    // The one thing that nobody but the site's people can do.
    expect(halted).toMatchObject({kind: 'halted', halt: {kind: 'approval'}})
    const restored = deployment(databases.uri('mlflow-restored-r1'), port)
    const patch = {spec: {template: restored.spec.template}}
    await kubectl('patch', 'deployment/mlflow', '--type=merge', '-p', JSON.stringify(patch))
    await hear({approve: ['all'], done: [], again: []}, tasks, own.writer)
    const outcome = await runBack(back, own)
    expect(outcome, why(outcome)).toMatchObject({kind: 'rolled-back'})
    await kubectl('rollout', 'status', 'deployment/mlflow', '--timeout=180s')
    expect(await experiments()).toEqual(['Default', 'before'])
  })
})

const json = {'content-type': 'application/json'}
const instance = [
  ...['--db-instance-identifier', 'mlflow', '--engine', 'postgres', '--db-instance-class', 'db.t3.micro'],
  ...['--allocated-storage', '5', '--master-username', 'mlflow', '--master-user-password', 'only-a-test'],
]

function mlflow(image: string, words: readonly string[], client = ''): Program {
  const folder = packages[image]
  if (folder === undefined) return {argv: ['false'], env: {}}
  const env = {
    PYTHONPATH: [folder, client].filter(Boolean).join(':'),
    PYTHONDONTWRITEBYTECODE: '1',
    PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
    MLFLOW_DISABLE_TELEMETRY: 'true',
    MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
  }
  return {argv: ['python3', '-m', ...words], env}
}

/** With one server at a time: two on one port would hide each other. */
function deployment(uri: string, port: number) {
  const labels = {app: 'mlflow'}
  const container = {
    name: 'mlflow',
    image: 'ghcr.io/mlflow/mlflow:v2.9.2',
    args: [
      ...['mlflow', 'server', '--backend-store-uri', uri, '--default-artifact-root', '/tmp/artifacts'],
      ...['--host', '127.0.0.1', '--port', String(port), '--workers', '1'],
    ],
    readinessProbe: {httpGet: {port, path: '/health'}},
  }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {name: 'mlflow', namespace: 'mlops'},
    spec: {
      replicas: 1,
      strategy: {type: 'Recreate'},
      selector: {matchLabels: labels},
      template: {metadata: {labels}, spec: {containers: [container]}},
    },
  }
}
