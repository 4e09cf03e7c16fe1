/** What is wrong with an answer, without talking to anybody. */
import type {PrepareResponse, UnprepareResponse} from '#lib/protobuf/dra-plugin.ts'
import type {DeviceHealth} from '#lib/protobuf/health.ts'
import type {PluginInfo} from '#lib/protobuf/registration.ts'
import type {TestClaim} from './claims.ts'
import type {ClauseId} from './contract.ts'
import {versionsOf} from './kubelet.ts'
import {isUnder, socketPathMax} from './sockets.ts'

export type Broken = {clause: ClauseId; message: string}

export function judgeInfo(info: PluginInfo, driver: string, registryDir: string): Broken[] {
  const broken: Broken[] = []
  const add = (clause: ClauseId, message: string) => broken.push({clause, message})
  if (info.type !== 'DRAPlugin') add('info.type', `the type is ${JSON.stringify(info.type)}`)
  if (info.name !== driver) add('info.name', `the name is ${JSON.stringify(info.name)}, not ${driver}`)
  if (info.endpoint !== '') {
    if (!info.endpoint.startsWith('/'))
      add('info.endpoint', `${JSON.stringify(info.endpoint)} is no absolute path`)
    if (Buffer.byteLength(info.endpoint) > socketPathMax)
      add('info.endpoint', `${info.endpoint} has more than ${socketPathMax} bytes`)
    if (isUnder(registryDir, info.endpoint))
      add('registry.only', `${info.endpoint} lies in the registry folder`)
  }
  const versions = versionsOf(info)
  if (versions.length === 0)
    add(
      'info.versions',
      `it lists ${info.supportedVersions.join(', ') || 'nothing'}: kubelet knows none of them`,
    )
  if (versions.indexOf('v1beta1') !== -1 && versions.indexOf('v1beta1') < versions.indexOf('v1'))
    add('info.newest-first', 'v1beta1.DRAPlugin stands before v1.DRAPlugin')
  return broken
}

/** The entries of an answer against the claims of its request. */
function judgeKeys(
  claims: readonly {uid: string}[],
  answered: ReadonlyMap<string, unknown>,
  what: 'prepare' | 'unprepare',
): Broken[] {
  const missing = claims.filter(one => !answered.has(one.uid))
  const surplus = [...answered.keys()].filter(uid => !claims.some(one => one.uid === uid))
  return [
    ...missing.map(one => ({
      clause: `${what}.every-claim` as const,
      message: `no entry for the claim ${one.uid}`,
    })),
    ...surplus.map(uid => ({
      clause: `${what}.no-other` as const,
      message: `an entry for ${JSON.stringify(uid)}, which was not asked for`,
    })),
  ]
}

/** An answer to claims that are all allocated and reserved: each must be prepared, with its own devices. */
export function judgePrepared(claims: readonly TestClaim[], response: PrepareResponse): Broken[] {
  return [
    ...judgeKeys(claims, response.claims, 'prepare'),
    ...claims.flatMap(claim => judgeClaim(claim, response)),
    ...judgeSharedIds(response),
  ]
}

/** vendor/class=name, https://github.com/cncf-tags/container-device-interface/blob/v1.1.0/SPEC.md */
const cdiId = /^[A-Za-z][\w.-]*[A-Za-z0-9]\/[A-Za-z][\w.-]*=[A-Za-z0-9]([\w.:-]*[A-Za-z0-9])?$/

function judgeClaim(claim: TestClaim, {claims}: PrepareResponse): Broken[] {
  const answer = claims.get(claim.uid)
  if (!answer) return []
  if (answer.error !== '')
    return [{clause: 'prepare.succeeds', message: `the claim ${claim.name} got an error: ${answer.error}`}]
  const broken: Broken[] = []
  const key = (one: {pool: string; device: string}) => `${one.pool}/${one.device}`
  const wanted = claim.devices.map(key).sort()
  const got = answer.devices.map(one => key({pool: one.poolName, device: one.deviceName})).sort()
  if (wanted.join() !== [...new Set(got)].join())
    broken.push({
      clause: 'prepare.own',
      message: `the claim ${claim.name} is allocated ${wanted.join(', ')}; the answer has ${got.join(', ') || 'nothing'}`,
    })
  for (const device of answer.devices) {
    if (device.poolName === '' || device.deviceName === '')
      broken.push({clause: 'prepare.named', message: `a device of ${claim.name} has no pool or no name`})
    const requests = claim.devices.map(one => one.request)
    for (const name of device.requestNames.filter(one => !requests.includes(one)))
      broken.push({
        clause: 'prepare.requests',
        message: `${claim.name} has no request ${JSON.stringify(name)}`,
      })
    for (const id of device.cdiDeviceIds.filter(one => !cdiId.test(one)))
      broken.push({clause: 'prepare.cdi-id', message: `${JSON.stringify(id)} is no CDI device ID`})
  }
  return broken
}

function judgeSharedIds({claims}: PrepareResponse): Broken[] {
  const owners = new Map<string, string>()
  const broken: Broken[] = []
  for (const [uid, {devices}] of claims)
    for (const id of devices.flatMap(one => one.cdiDeviceIds)) {
      const owner = owners.get(id)
      if (owner !== undefined && owner !== uid)
        broken.push({clause: 'prepare.cdi-unique', message: `${id} was given to two claims`})
      owners.set(id, uid)
    }
  return broken
}

export function judgeUnprepared(
  claims: readonly {uid: string}[],
  response: UnprepareResponse,
  clause: ClauseId,
): Broken[] {
  const failed = [...response.claims].filter(([, one]) => one.error !== '')
  return [
    ...judgeKeys(claims, response.claims, 'unprepare'),
    ...failed.map(([uid, one]) => ({clause, message: `the claim ${uid} got an error: ${one.error}`})),
  ]
}

/** What kubelet keeps of a prepared claim, in one comparable text. */
export function preparedText(claims: readonly {uid: string}[], {claims: answered}: PrepareResponse): string {
  return claims
    .map(({uid}) => {
      const devices = (answered.get(uid)?.devices ?? []).map(one =>
        [
          one.poolName,
          one.deviceName,
          [...one.requestNames].sort(),
          [...one.cdiDeviceIds].sort(),
          one.shareId ?? '',
        ].join(' '),
      )
      return devices.sort().join('; ')
    })
    .join(' | ')
}

/** @param now seconds since 1970 */
export function judgeHealth(devices: readonly DeviceHealth[], now: number): Broken[] {
  const broken: Broken[] = []
  const seen = new Set<string>()
  for (const {device, health, lastUpdatedTime, message} of devices) {
    const name = `${device.poolName}/${device.deviceName}`
    if (device.poolName === '' || device.deviceName === '')
      broken.push({
        clause: 'health.list',
        message: `a device has no pool or no name: ${JSON.stringify(name)}`,
      })
    if (seen.has(name)) broken.push({clause: 'health.list', message: `${name} stands in the list twice`})
    seen.add(name)
    if (![0, 1, 2].includes(health))
      broken.push({clause: 'health.values', message: `${name} has the health ${health}`})
    // Milliseconds, a frequent slip, lie thousands of years ahead.
    if (lastUpdatedTime <= 0 || lastUpdatedTime > now + 300)
      broken.push({
        clause: 'health.values',
        message: `${name} was updated at ${lastUpdatedTime}, it is ${now} now`,
      })
    if ([...message].length > 1024)
      broken.push({
        clause: 'health.values',
        message: `${name} has a message of ${[...message].length} characters`,
      })
  }
  return broken
}
