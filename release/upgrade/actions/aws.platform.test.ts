import {execFile} from 'node:child_process'
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {delimiter, join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {awsCall} from '#testbed/aws/aws.ts'
import {type AwsState, emptyAws} from '#testbed/aws/state.ts'
import {type Aws, startAws} from '#testbed/mlops/aws.ts'
import {type Databases, sqliteDatabases} from '#testbed/mlops/databases.ts'
import {needPython} from '#testbed/needs.ts'
import type {Action} from './action.ts'
import type {Answer, Call} from './call.ts'
import {kindOf} from './kinds.ts'

/*
 * AWS's own command before moto: what the actions ask and read is what the command takes and says. Moto knows the databases
 * whole, of EKS clusters and node groups that are made and described; updates, add-ons and insights are the stand-in's alone,
 * which is held here to moto where both have an answer.
 */
const python = await needPython('aws')

describe.skipIf(!python)('the real command', {timeout: 300_000}, () => {
  let folder: string
  let aws: Aws
  let databases: Databases
  const fileOf = (instance: string) => databases.uri(instance).replace('sqlite:///', '')
  const call = (one: Call): Promise<Answer> => {
    if (!('argv' in one)) throw new Error('no program')
    const env = {...process.env, ...aws.env, PATH: `${aws.bin}${delimiter}${process.env.PATH}`}
    const [name = '', ...args] = one.argv
    return new Promise(resolve =>
      execFile(name, args, {env}, (error, stdout, stderr) =>
        resolve({code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr}),
      ),
    )
  }
  const said = (...args: string[]) => call({argv: ['aws', ...args, '--output', 'json']})
  const look = async (action: Action) =>
    kindOf(action).judge(action, await Promise.all(kindOf(action).look(action).map(call)))
  const act = async (action: Action) => {
    const calls = kindOf(action).act(action, [], {helm: 4, token: 'token', timeout: 60_000})
    return Promise.all(calls.map(call))
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aws-'))
    databases = await sqliteDatabases(folder)
    aws = await startAws(folder, databases)
    await writeFile(fileOf('mlflow'), 'before')
    const made = await said('rds', 'create-db-instance', ...instance)
    expect(made.stderr).toBe('')
    expect((await said('eks', 'create-cluster', ...cluster)).stderr).toBe('')
  }, 300_000)
  afterAll(async () => {
    await aws?.server.stop()
    await rm(folder, {recursive: true, force: true})
  })

  test('a database: a snapshot, once, and a restoration to an instance of another name', async () => {
    const snapshot: Action = {action: 'rds-snapshot', instance: 'mlflow', snapshot: 'kept'}
    const restore: Action = {action: 'rds-restore', snapshot: 'kept', instance: 'again'}
    expect(await look(snapshot)).toMatchObject({state: 'not-started'})
    expect(await act(snapshot)).toMatchObject([{code: 0}])
    expect(await look(snapshot)).toMatchObject({state: 'applied'})
    expect((await act(snapshot))[0]?.stderr).toContain('(DBSnapshotAlreadyExists)')
    await writeFile(fileOf('mlflow'), 'after')
    expect(await look(restore)).toMatchObject({state: 'not-started'})
    expect(await act(restore)).toMatchObject([{code: 0}])
    expect(await look(restore)).toMatchObject({state: 'applied'})
    expect(await readFile(fileOf('again'), 'utf8')).toBe('before')
  })

  test('a control plane is seen; what the service does not know is no success', async () => {
    const to = (version: string): Action => ({action: 'eks-cluster-version', cluster: 'prod', version})
    expect(await look(to('1.33'))).toMatchObject({state: 'applied', saw: '1.33 ACTIVE'})
    expect(await look(to('1.34'))).toMatchObject({state: 'not-started'})
    const [answer] = await act(to('1.34'))
    expect([answer?.code === 0, answer?.stderr.includes('UpdateClusterVersion')]).toEqual([false, true])
    expect(await look(to('1.34'))).toMatchObject({state: 'not-started', saw: '1.33 ACTIVE'})
    const insights: Action = {action: 'eks-insights', cluster: 'prod', category: 'UPGRADE_READINESS'}
    expect(await look(insights)).toMatchObject({state: 'unknown'})
  })

  test('the stand-in says what moto says, where moto has an answer', async () => {
    const state: AwsState = emptyAws({instances: {mlflow: {readyAt: 0}}})
    const both = async (...args: string[]) => [awsCall(state, args, 0), await said(...args)] as const
    const [ours, theirs] = await both('eks', 'describe-cluster', '--name', 'prod')
    expect(JSON.parse(theirs.stdout)).toMatchObject(JSON.parse(ours.stdout))
    for (const words of [
      ['eks', 'describe-cluster', '--name', 'other'],
      ['rds', 'describe-db-snapshots', '--db-snapshot-identifier', 'none'],
      ['rds', 'describe-db-instances', '--db-instance-identifier', 'none'],
    ]) {
      const [mine, real] = await both(...words)
      const problem = /An error occurred \((\w+)\) when calling the (\w+) operation/
      expect(problem.exec(mine.stderr)?.slice(1)).toEqual(problem.exec(real.stderr)?.slice(1))
      expect([mine.code === 0, real.code === 0]).toEqual([false, false])
    }
  })
})

const instance = [
  ...['--db-instance-identifier', 'mlflow', '--engine', 'postgres', '--db-instance-class', 'db.t3.micro'],
  ...['--allocated-storage', '5', '--master-username', 'mlflow', '--master-user-password', 'only-a-test'],
]
const cluster = [
  ...['--name', 'prod', '--kubernetes-version', '1.33', '--role-arn', 'arn:aws:iam::123456789012:role/eks'],
  ...['--resources-vpc-config', 'subnetIds=subnet-1,subnet-2'],
]
