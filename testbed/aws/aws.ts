import type {AwsState, Update} from './state.ts'

export type AwsAnswer = {code: number; stdout: string; stderr: string}

/** A refusal in the words of the command. */
class Refused extends Error {}

/**
 * One call of the `aws` command, `eks describe-cluster --name prod …`; changes the state as the service would.
 * @param now milliseconds since 1970
 */
export function awsCall(state: AwsState, args: readonly string[], now: number): AwsAnswer {
  const [service = '', operation = ''] = args
  const handler = operations[`${service} ${operation}`]
  if (!handler)
    return {code: 252, stdout: '', stderr: `aws: error: no such operation: ${service} ${operation}\n`}
  settle(state, now)
  try {
    const answer = handler(state, options(args), now)
    return {code: 0, stdout: `${JSON.stringify(answer, null, 2)}\n`, stderr: ''}
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    const [code = '', ...words] = error.message.split(': ')
    const name = operation.replaceAll(/(?:^|-)(db(?=-)|\w)/g, (_, c: string) => c.toUpperCase())
    return {
      code: 254,
      stdout: '',
      stderr: `\nAn error occurred (${code}) when calling the ${name} operation: ${words.join(': ')}\n`,
    }
  }
}

type Options = Readonly<Record<string, string>>
type Handler = (state: AwsState, options: Options, now: number) => object

const operations: Readonly<Record<string, Handler>> = {
  'eks describe-cluster': (state, {name}) => {
    const {cluster} = state
    if (name !== cluster.name) refuse('ResourceNotFoundException', `No cluster found for name: ${name}.`)
    return {cluster: {name, version: cluster.version, status: statusOf(state, 'cluster')}}
  },
  'eks update-cluster-version': updateCluster,
  'eks describe-nodegroup': (state, o) => {
    const version = state.nodegroups[o['nodegroup-name'] ?? '']
    if (version === undefined) refuse('ResourceNotFoundException', 'No node group found.')
    const status = statusOf(state, `nodegroup/${o['nodegroup-name']}`)
    return {nodegroup: {nodegroupName: o['nodegroup-name'], version, status}}
  },
  'eks list-nodegroups': ({nodegroups}) => ({nodegroups: Object.keys(nodegroups)}),
  'eks update-nodegroup-version': updateNodegroup,
  'eks describe-addon': (state, o) => {
    const addonVersion = state.addons[o['addon-name'] ?? '']
    if (addonVersion === undefined) refuse('ResourceNotFoundException', 'No addon found.')
    return {
      addon: {addonName: o['addon-name'], addonVersion, status: statusOf(state, `addon/${o['addon-name']}`)},
    }
  },
  'eks describe-addon-versions': (state, o) => ({
    addons: [
      {
        addonName: o['addon-name'],
        addonVersions: (state.builds[o['addon-name'] ?? ''] ?? []).map(({version, fits}) => ({
          addonVersion: version,
          compatibilities: fits.map(clusterVersion => ({clusterVersion})),
        })),
      },
    ],
  }),
  'eks update-addon': updateAddon,
  'eks describe-update': (state, o, now) => {
    const update = state.updates.find(u => u.id === o['update-id'])
    if (!update) refuse('ResourceNotFoundException', 'No update found.')
    return {update: shown(update, now)}
  },
  'eks list-insights': (state, o) => {
    const {categories = []} = JSON.parse(o.filter ?? '{}') as {
      categories?: ('UPGRADE_READINESS' | 'ROLLBACK_READINESS')[]
    }
    const found = categories.flatMap(category => state.insights[category])
    return {insights: found.map(({name, status}) => ({name, insightStatus: {status}}))}
  },
  'rds create-db-snapshot': (state, o, now) => {
    const [snapshot = '', instance = ''] = [o['db-snapshot-identifier'], o['db-instance-identifier']]
    if (!/^[a-z](?:-?[a-z\d])*$/i.test(snapshot))
      refuse('InvalidParameterValue', 'The parameter DBSnapshotIdentifier is not a valid identifier.')
    if (Object.hasOwn(state.snapshots, snapshot))
      refuse('DBSnapshotAlreadyExists', `Cannot create the snapshot because ${snapshot} already exists.`)
    if (!Object.hasOwn(state.instances, instance)) refuse('DBInstanceNotFound', `${instance} not found.`)
    state.snapshots[snapshot] = {instance, readyAt: now + state.takes}
    state.accepted.push(`create-db-snapshot ${snapshot}`)
    return {DBSnapshot: {DBSnapshotIdentifier: snapshot, Status: 'creating'}}
  },
  'rds describe-db-snapshots': (state, o, now) => {
    const name = o['db-snapshot-identifier'] ?? ''
    const found = state.snapshots[name]
    if (!found) refuse('DBSnapshotNotFound', `${name} not found.`)
    const Status = now < found.readyAt ? 'creating' : 'available'
    return {DBSnapshots: [{DBSnapshotIdentifier: name, DBInstanceIdentifier: found.instance, Status}]}
  },
  'rds restore-db-instance-from-db-snapshot': (state, o, now) => {
    const [snapshot = '', instance = ''] = [o['db-snapshot-identifier'], o['db-instance-identifier']]
    if (Object.hasOwn(state.instances, instance))
      refuse('DBInstanceAlreadyExists', 'DB instance already exists')
    const from = state.snapshots[snapshot]
    if (!from) refuse('DBSnapshotNotFound', `${snapshot} not found.`)
    if (now < from.readyAt) refuse('InvalidDBSnapshotState', `${snapshot} is not available.`)
    state.instances[instance] = {readyAt: now + state.takes}
    state.accepted.push(`restore-db-instance-from-db-snapshot ${snapshot} ${instance}`)
    return {DBInstance: {DBInstanceIdentifier: instance, DBInstanceStatus: 'creating'}}
  },
  'rds describe-db-instances': (state, o, now) => {
    const name = o['db-instance-identifier'] ?? ''
    const found = state.instances[name]
    if (!found) refuse('DBInstanceNotFound', `DBInstance ${name} not found.`)
    return {
      DBInstances: [
        {DBInstanceIdentifier: name, DBInstanceStatus: now < found.readyAt ? 'creating' : 'available'},
      ],
    }
  },
}

const week = 7 * 86_400_000

/** https://docs.aws.amazon.com/eks/latest/userguide/update-cluster.html and …/rollback-cluster.html */
function updateCluster(state: AwsState, o: Options, now: number): object {
  const {cluster} = state
  const to = o['kubernetes-version'] ?? ''
  const known = sameToken(state, 'cluster', o)
  if (known) return {update: shown(known, now)}
  busy(state, 'cluster')
  const step = minor(to) - minor(cluster.version)
  if (step === 1) {
    const lagging = Object.entries(state.nodegroups).find(([, v]) => minor(to) - minor(v) > 3)
    if (lagging)
      refuse(
        'InvalidParameterException',
        `Nodegroup ${lagging[0]} must be updated before: it is at ${lagging[1]}`,
      )
    return {update: shown(begin(state, 'cluster', to, o, now), now)}
  }
  if (step !== -1)
    refuse(
      'InvalidParameterException',
      `Unsupported Kubernetes minor version update from ${cluster.version} to ${to}`,
    )
  const {moved} = cluster
  if (!moved || moved.to !== cluster.version || minor(cluster.createdAt) >= minor(cluster.version))
    refuse('InvalidParameterException', 'The cluster has no version to roll back to')
  if (now > moved.at + week) refuse('InvalidParameterException', 'The rollback window of 7 days has passed')
  const newer = Object.entries(state.nodegroups).find(([, v]) => minor(v) > minor(to))
  if (newer)
    refuse('InvalidParameterException', `Nodegroup ${newer[0]} is newer than ${to}: roll it back first`)
  if (state.insights.ROLLBACK_READINESS.some(i => i.status === 'ERROR') && o.force === undefined)
    refuse('InvalidParameterException', 'Rollback readiness insights have errors')
  return {update: shown(begin(state, 'cluster', to, o, now), now)}
}

function updateNodegroup(state: AwsState, o: Options, now: number): object {
  const name = o['nodegroup-name'] ?? ''
  const of = `nodegroup/${name}`
  const known = sameToken(state, of, o)
  if (known) return {update: shown(known, now)}
  if (state.nodegroups[name] === undefined) refuse('ResourceNotFoundException', 'No node group found.')
  busy(state, of)
  const to = o['kubernetes-version'] ?? state.cluster.version
  if (minor(to) > minor(state.cluster.version))
    refuse(
      'InvalidParameterException',
      `Requested ${to} is newer than the cluster's ${state.cluster.version}`,
    )
  return {update: shown(begin(state, of, to, o, now), now)}
}

function updateAddon(state: AwsState, o: Options, now: number): object {
  const name = o['addon-name'] ?? ''
  const of = `addon/${name}`
  const known = sameToken(state, of, o)
  if (known) return {update: shown(known, now)}
  const current = state.addons[name]
  if (current === undefined) refuse('ResourceNotFoundException', 'No addon found.')
  busy(state, of)
  const to = o['addon-version'] ?? ''
  const build = state.builds[name]?.find(b => b.version === to)
  if (!build?.fits.includes(state.cluster.version))
    refuse('InvalidParameterException', `Addon version ${to} is not supported`)
  if (name === 'vpc-cni' && Math.abs(minor(to) - minor(current)) > 1)
    refuse('InvalidParameterException', 'Updating VPC-CNI can only go up or down 1 minor version at a time')
  return {update: shown(begin(state, of, to, o, now), now)}
}

function begin(state: AwsState, of: string, to: string, o: Options, now: number): Update {
  const number = state.updates.length + 1
  const update: Update = {
    id: `u-${number}`,
    of,
    to,
    token: o['client-request-token'] ?? '',
    endsAt: now + state.takes,
    fails: state.failing.includes(number),
    settled: false,
  }
  state.updates.push(update)
  state.accepted.push(`update ${of} ${to}`)
  return update
}

/** What has come to its end by now takes effect. */
function settle(state: AwsState, now: number): void {
  for (const update of state.updates) {
    if (update.settled || now < update.endsAt) continue
    update.settled = true
    if (update.fails) continue
    const [kind, name = ''] = update.of.split('/')
    if (kind === 'nodegroup') state.nodegroups[name] = update.to
    else if (kind === 'addon') state.addons[name] = update.to
    else {
      // Only from what was reached by going up can one go back.
      const up = minor(update.to) > minor(state.cluster.version)
      state.cluster.version = update.to
      state.cluster.moved = up ? {to: update.to, at: update.endsAt} : undefined
    }
  }
}

function statusOf({updates}: AwsState, of: string): string {
  return updates.some(u => u.of === of && !u.settled) ? 'UPDATING' : 'ACTIVE'
}

function busy(state: AwsState, of: string): void {
  if (statusOf(state, of) === 'UPDATING') refuse('ResourceInUseException', `${of} is being updated`)
}

function sameToken({updates}: AwsState, of: string, o: Options): Update | undefined {
  const token = o['client-request-token']
  return token === undefined ? undefined : updates.find(u => u.of === of && u.token === token)
}

function shown({id, fails, endsAt}: Update, now: number): object {
  if (now < endsAt) return {id, status: 'InProgress'}
  return fails
    ? {
        id,
        status: 'Failed',
        errors: [
          {errorCode: 'PodEvictionFailure', errorMessage: 'Reached max retries while trying to evict pods'},
        ],
      }
    : {id, status: 'Successful'}
}

function minor(version: string): number {
  return Number(/^v?\d+\.(\d+)/.exec(version)?.[1])
}

function options(args: readonly string[]): Options {
  const found: Record<string, string> = {}
  for (const [i, word] of args.entries()) {
    if (!word.startsWith('--')) continue
    const value = args[i + 1]
    found[word.slice(2)] = value === undefined || value.startsWith('--') ? '' : value
  }
  return found
}

function refuse(code: string, message: string): never {
  throw new Refused(`${code}: ${message}`)
}
