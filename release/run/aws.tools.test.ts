import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {type AwsState, emptyAws} from '#testbed/aws/state.ts'
import {realExec} from '../effects/exec.ts'
import {realFiles} from '../effects/files.ts'
import {fileLog} from '../effects/upgrade/log.ts'
import {realWorld} from '../effects/upgrade/world.ts'
import {wayBack} from './back.ts'
import {beginJournal} from './journal.ts'
import {runBack, runForward} from './run.ts'
import {hear} from './said.ts'
import {stateOf} from './state.ts'
import {planTasks, type RunSite} from './tasks.ts'
import {planFor} from './test-plans.ts'

const program = fileURLToPath(new URL('../../testbed/aws/main.ts', import.meta.url))
const site: RunSite = {run: 'r1', parameters: {cluster: 'prod'}}
const everyone = {approve: ['all'], done: [], again: []}

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aws-'))
  const script = (name: string, text: string) =>
    writeFile(join(folder, name), `#!/bin/sh\n${text}\n`, {mode: 0o755})
  await script('aws', `exec ${process.execPath} ${program} "$@"`)
  // The cluster itself is not there: what asks it finds nothing wrong.
  await script('kubectl', 'exit 0')
})
afterEach(() => rm(folder, {recursive: true, force: true}))

test('EKS goes up by the aws program, add-on and nodes in their order, and back, nodes first', async () => {
  const before = emptyAws({
    takes: 50,
    nodegroups: {gpu: '1.33'},
    addons: {'vpc-cni': 'v1.19.0-eksbuild.1'},
    builds: {
      'vpc-cni': [
        {version: 'v1.20.0-eksbuild.2', fits: ['1.33', '1.34']},
        {version: 'v1.19.0-eksbuild.1', fits: ['1.33', '1.34']},
      ],
    },
  })
  const file = join(folder, 'state.json')
  const state = async () => JSON.parse(await readFile(file, 'utf8')) as AwsState
  await writeFile(file, JSON.stringify(before))
  const plan = planFor('mlops-platform', {
    eks: '1.33..1.34',
    'kubelet@gpu': '1.33..1.34',
    'vpc-cni': '1.19.0..1.20.0',
  })
  const world = realWorld({
    exec: realExec,
    files: realFiles({durable: false}),
    fetch: globalThis.fetch,
    cwd: folder,
    env: {PATH: `${folder}:${process.env.PATH}`, AWS_STATE: file},
    signal: new AbortController().signal,
  })
  const log = fileLog(join(folder, 'journal'))
  const writer = await beginJournal({run: 'r1', digest: 'digest', plan}, log, world, () => {})
  const lock = {fence: 1, holder: 'test', renew: async () => {}, release: async () => {}}
  // The soak of a day is slept through in no time.
  let ahead = 0
  const own = {
    world: {
      ...world,
      now: () => Date.now() + ahead,
      sleep: async (ms: number) => {
        if (ms > 60_000) ahead += ms
        else await world.sleep(ms)
      },
    },
    writer,
    lock,
    helm: 4 as const,
    run: 'r1',
    poll: 100,
    told: () => {},
  }
  await hear(everyone, planTasks(plan, site), writer)
  expect(await runForward(plan, site, {windows: [], patient: true}, own)).toMatchObject({kind: 'complete'})
  expect(await state()).toMatchObject({
    cluster: {version: '1.34'},
    nodegroups: {gpu: '1.34'},
    addons: {'vpc-cni': 'v1.20.0-eksbuild.2'},
  })
  const back = wayBack(plan, stateOf(writer.journal.records), site, Date.now())
  await hear(
    everyone,
    back.hops.flatMap(hop => hop.tasks),
    writer,
  )
  expect(await runBack(back, own)).toMatchObject({kind: 'rolled-back'})
  const after = await state()
  expect(after).toMatchObject({cluster: {version: '1.33'}, nodegroups: {gpu: '1.33'}, addons: before.addons})
  expect(after.accepted.slice(3).filter(act => !act.includes('addon'))).toEqual([
    'update nodegroup/gpu 1.33',
    'update cluster 1.33',
  ])
})
