import {at, listAt, textAt} from '../../lib/fields.ts'
import type {ActionOf, Kind, Observation} from './action.ts'
import {type Answer, complaint, jsonOf, shellLine} from './call.ts'

type Region = {region?: string | undefined}

/** Since 2026-07 the same call goes back by one minor, within seven days and after the nodes. */
export const clusterVersion: Kind<ActionOf<'eks-cluster-version'>> = {
  twice: () => 'observed',
  look: action => [eks(action, 'describe-cluster', '--name', action.cluster)],
  judge: ({version}, [answer]) => {
    const cluster = at(jsonOf(answer), 'cluster')
    if (cluster === undefined) return unknown(answer)
    return judgeStatus(textAt(cluster, 'status'), textAt(cluster, 'version'), version)
  },
  act: (action, _, {token}) => [
    eks(
      action,
      ...['update-cluster-version', '--name', action.cluster, '--kubernetes-version', action.version],
      ...['--client-request-token', token],
    ),
  ],
  script: action => [
    shellLine(
      eks(action, 'update-cluster-version', '--name', action.cluster, '--kubernetes-version', action.version),
    ),
    shellLine(eks(action, 'wait', 'cluster-active', '--name', action.cluster)),
  ],
  follow: (action, [acted]) => followUpdate(action, ['--name', action.cluster], acted),
  undo: (action, [answer]) => goBackTo(action, textAt(jsonOf(answer), 'cluster', 'version')),
}

export const addon: Kind<ActionOf<'eks-addon'>> = {
  twice: () => 'observed',
  look: action => [
    eks(action, 'describe-addon', ...named(action)),
    eks(action, 'describe-addon-versions', '--addon-name', action.addon),
    eks(action, 'describe-cluster', '--name', action.cluster),
  ],
  judge: (action, answers) => {
    const found = at(jsonOf(answers[0]), 'addon')
    if (found === undefined) return unknown(answers[0])
    const [version = '', status] = [textAt(found, 'addonVersion'), textAt(found, 'status')]
    const seen = judgeStatus(status, version, begins(version, action.version) ? version : action.version)
    const unread = answers.slice(1).find(answer => jsonOf(answer) === undefined)
    if (seen.state === 'not-started' && unread) return unknown(unread)
    if (seen.state === 'not-started' && buildOf(action, answers) === undefined)
      return {state: 'failed', saw: `${seen.saw}; no build of ${action.version} fits the cluster's version`}
    return seen
  },
  act: (action, answers, {token}) => [
    eks(
      action,
      ...['update-addon', ...named(action), '--addon-version', buildOf(action, answers) ?? action.version],
      ...['--resolve-conflicts', 'PRESERVE', '--client-request-token', token],
    ),
  ],
  script: action => [
    shellLine(
      eks(
        action,
        ...['describe-addon-versions', '--addon-name', action.addon, '--query'],
        `addons[0].addonVersions[?starts_with(addonVersion, '${action.version}')].addonVersion`,
      ),
    ),
    shellLine(
      eks(
        action,
        ...['update-addon', ...named(action), '--addon-version', `${action.version}-eksbuild.N`],
        ...['--resolve-conflicts', 'PRESERVE'],
      ),
    ),
    shellLine(eks(action, 'wait', 'addon-active', ...named(action))),
  ],
  follow: (action, [acted]) =>
    followUpdate(action, ['--name', action.cluster, '--addon-name', action.addon], acted),
  undo: (action, [answer]) => goBackTo(action, textAt(jsonOf(answer), 'addon', 'addonVersion')),
}

export const nodegroup: Kind<ActionOf<'eks-nodegroup'>> = {
  twice: () => 'observed',
  look: action => [eks(action, 'describe-nodegroup', ...group(action))],
  judge: ({version}, [answer]) => {
    const found = at(jsonOf(answer), 'nodegroup')
    if (found === undefined) return unknown(answer)
    return judgeStatus(textAt(found, 'status'), textAt(found, 'version'), version)
  },
  act: (action, _, {token}) => [eks(action, ...nodegroupUpdate(action), '--client-request-token', token)],
  script: action => [
    shellLine(eks(action, ...nodegroupUpdate(action))),
    shellLine(eks(action, 'wait', 'nodegroup-active', ...group(action))),
  ],
  follow: (action, [acted]) =>
    followUpdate(action, ['--name', action.cluster, '--nodegroup-name', action.nodegroup], acted),
  undo: (action, [answer]) => goBackTo(action, textAt(jsonOf(answer), 'nodegroup', 'version')),
}

function nodegroupUpdate(action: ActionOf<'eks-nodegroup'>): string[] {
  const {version, force} = action
  return [
    ...['update-nodegroup-version', ...group(action), '--kubernetes-version', version],
    ...(force ? ['--force'] : []),
  ]
}

export const insights: Kind<ActionOf<'eks-insights'>> = {
  twice: () => 'harmless',
  gate: () => true,
  look: action => [
    eks(
      action,
      ...['list-insights', '--cluster-name', action.cluster],
      ...['--filter', JSON.stringify({categories: [action.category]})],
    ),
  ],
  judge: (_, [answer]) => {
    const found = jsonOf(answer)
    if (found === undefined) return unknown(answer)
    const list = listAt(found, 'insights')
    const errors = list.filter(i => textAt(i, 'insightStatus', 'status') === 'ERROR')
    return errors.length === 0
      ? {state: 'applied', saw: `${list.length} insights, no ERROR`}
      : {state: 'failed', saw: `ERROR: ${errors.map(i => textAt(i, 'name') ?? '?').join('; ')}`}
  },
  act: () => [],
}

/**
 * RDS takes letters, digits and hyphens; names that tell of a version have its dots
 * (https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSnapshot.html).
 */
function identifier(text: string): string {
  return text.replaceAll('.', '-')
}

export const snapshot: Kind<ActionOf<'rds-snapshot'>> = {
  twice: () => 'observed',
  look: action => [
    rds(action, 'describe-db-snapshots', '--db-snapshot-identifier', identifier(action.snapshot)),
  ],
  judge: (_, [answer]) => judgeDatabase(answer, 'DBSnapshots', 'Status', 'DBSnapshotNotFound'),
  act: action => [
    rds(
      action,
      ...['create-db-snapshot', '--db-instance-identifier', identifier(action.instance)],
      ...['--db-snapshot-identifier', identifier(action.snapshot)],
    ),
  ],
  script: action => [
    shellLine(
      rds(
        action,
        ...['create-db-snapshot', '--db-instance-identifier', identifier(action.instance)],
        ...['--db-snapshot-identifier', identifier(action.snapshot)],
      ),
    ),
    shellLine(
      rds(action, 'wait', 'db-snapshot-available', '--db-snapshot-identifier', identifier(action.snapshot)),
    ),
  ],
}

export const restore: Kind<ActionOf<'rds-restore'>> = {
  twice: () => 'observed',
  look: action => [
    rds(action, 'describe-db-instances', '--db-instance-identifier', identifier(action.instance)),
  ],
  judge: (_, [answer]) => judgeDatabase(answer, 'DBInstances', 'DBInstanceStatus', 'DBInstanceNotFound'),
  act: action => [restoreCall(action)],
  script: action => [
    shellLine(restoreCall(action)),
    shellLine(
      rds(action, 'wait', 'db-instance-available', '--db-instance-identifier', identifier(action.instance)),
    ),
  ],
}

function restoreCall(action: ActionOf<'rds-restore'>): {argv: string[]} {
  return rds(
    action,
    ...['restore-db-instance-from-db-snapshot', '--db-instance-identifier', identifier(action.instance)],
    ...['--db-snapshot-identifier', identifier(action.snapshot)],
  )
}

/** Something at a version, with EKS's statuses. */
function judgeStatus(status: string | undefined, version: string | undefined, wanted: string): Observation {
  const saw = `${version ?? '?'} ${status ?? '?'}`
  if (status === 'UPDATING' || status === 'CREATING') return {state: 'in-progress', saw}
  if (status === 'ACTIVE') return {state: version === wanted ? 'applied' : 'not-started', saw}
  // At the old version a failed update may be tried again.
  if (status === 'UPDATE_FAILED' && version !== wanted) return {state: 'not-started', saw}
  return {state: status === undefined ? 'unknown' : 'failed', saw}
}

/** A failed update leaves things as they were; only its record tells that it failed, and why. */
function followUpdate(of: Region, about: readonly string[], acted: Answer | undefined) {
  const id = textAt(jsonOf(acted), 'update', 'id')
  if (id === undefined) return undefined
  return {
    look: [eks(of, 'describe-update', ...about, '--update-id', id)],
    judge: ([answer]: readonly Answer[]): Observation => {
      const update = at(jsonOf(answer), 'update')
      const status = textAt(update, 'status')
      const saw = `update ${id} ${status ?? '?'}`
      if (status === 'InProgress') return {state: 'in-progress', saw}
      if (status === 'Successful') return {state: 'applied', saw}
      if (status === undefined) return unknown(answer)
      const reasons = listAt(update, 'errors').map(
        e => textAt(e, 'errorMessage') ?? textAt(e, 'errorCode') ?? '?',
      )
      return {state: 'failed', saw: [saw, ...reasons].join('; ')}
    },
  }
}

function judgeDatabase(answer: Answer | undefined, list: string, key: string, absent: string): Observation {
  const [found] = listAt(jsonOf(answer), list)
  const status = textAt(found, key)
  if (status === undefined)
    return answer?.stderr.includes(absent) || (answer?.code === 0 && found === undefined)
      ? {state: 'not-started', saw: 'not there'}
      : unknown(answer)
  if (status === 'available') return {state: 'applied', saw: status}
  return {state: /failed|incompatible/.test(status) ? 'failed' : 'in-progress', saw: status}
}

/** The newest build of the wanted version that fits the cluster's; EKS lists the newest first. */
function buildOf({version}: ActionOf<'eks-addon'>, answers: readonly Answer[]): string | undefined {
  const cluster = textAt(jsonOf(answers[2]), 'cluster', 'version')
  const builds = listAt(jsonOf(answers[1]), 'addons', 0, 'addonVersions')
  const fitting = builds.find(
    build =>
      begins(textAt(build, 'addonVersion') ?? '', version) &&
      listAt(build, 'compatibilities').some(c => textAt(c, 'clusterVersion') === cluster),
  )
  return textAt(fitting, 'addonVersion')
}

/** v1.20.0 begins v1.20.0-eksbuild.1, v1.2 does not. */
function begins(whole: string, part: string): boolean {
  return whole === part || (whole.startsWith(part) && /^[.-]/.test(whole.slice(part.length)))
}

function goBackTo<A extends {version: string}>(action: A, version: string | undefined): A[] | undefined {
  return version === undefined ? undefined : [{...action, version}]
}

function named({cluster, addon}: ActionOf<'eks-addon'>): string[] {
  return ['--cluster-name', cluster, '--addon-name', addon]
}

function group({cluster, nodegroup}: ActionOf<'eks-nodegroup'>): string[] {
  return ['--cluster-name', cluster, '--nodegroup-name', nodegroup]
}

function eks(of: Region, ...args: string[]): {argv: string[]} {
  return aws(of, 'eks', ...args)
}

function rds(of: Region, ...args: string[]): {argv: string[]} {
  return aws(of, 'rds', ...args)
}

function aws({region}: Region, ...args: string[]): {argv: string[]} {
  return {argv: ['aws', ...args, ...(region === undefined ? [] : ['--region', region]), '--output', 'json']}
}

function unknown(answer: Answer | undefined): Observation {
  return {state: 'unknown', saw: answer ? complaint(answer) : 'nobody looked'}
}
