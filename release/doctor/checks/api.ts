import {compareVersions, parseVersion, runningVersion} from '../../lib/versions.ts'
import type {Backend, Crd, DeprecatedUse} from '../../live/facts.ts'
import {itemsOf, type Snapshot} from '../../live/read.ts'
import {type Finding, finding, some} from '../finding.ts'
import type {Check, View} from './check.ts'

export const apiChecks: readonly Check[] = [
  {
    name: 'stored versions of CRDs',
    needs: ['crds'],
    judge: ({snapshot}) => itemsOf(snapshot.crds).flatMap(stored),
  },
  {name: 'deprecated APIs', needs: ['deprecatedUses', 'version'], judge: deprecated},
  {name: 'backends of webhooks', needs: ['validating', 'mutating', 'endpointSlices'], judge: webhooks},
  {name: 'backends of conversions', needs: ['crds', 'endpointSlices'], judge: conversions},
  {name: 'aggregated APIs', needs: ['apiServices'], judge: aggregated},
]

function stored({name, stored: all, versions}: Crd): Finding[] {
  const storage = versions.find(v => v.storage)?.name
  const older = all.filter(version => version !== storage)
  if (older.length === 0) return []
  const gone = older.filter(version => !versions.some(v => v.name === version && v.served))
  const what = `storedVersions has ${older.join(', ')} beside ${storage ?? 'no storage version'}`
  if (gone.length === 0) return [finding('Z030', `crd ${name}`, what)]
  return [
    finding('Z030', `crd ${name}`, `${what}; ${gone.join(', ')} is no longer served`, {level: 'problem'}),
  ]
}

function deprecated({snapshot}: View): Finding[] {
  const [running = ''] = itemsOf(snapshot.version)
  return itemsOf(snapshot.deprecatedUses).map(use => deprecatedUse(use, running))
}

/** A problem when the next minor no longer has it. */
function deprecatedUse({group, version, resource, removed}: DeprecatedUse, running: string): Finding {
  const about = `api ${[group, version].filter(Boolean).join('/')} ${resource}`
  if (removed === undefined) return finding('Z031', about, 'was asked for since the API server started')
  const [now, gone] = [
    parseVersion(runningVersion(running, 'minor'), 'minor'),
    parseVersion(removed, 'minor'),
  ]
  const [major = 0, minor = 0] = now?.numbers ?? []
  const next = parseVersion(`${major}.${minor + 1}`, 'minor')
  const soon = gone && next && compareVersions(gone, next) <= 0
  return finding(
    'Z031',
    about,
    `was asked for since the API server started; Kubernetes ${removed} no longer has it`,
    {
      level: soon ? 'problem' : 'warning',
    },
  )
}

type Backends = (backend: Backend) => boolean

/** Whether anybody is ready behind a service. */
function backendsOf(snapshot: Snapshot): Backends {
  const ready = new Map<string, number>()
  for (const slice of itemsOf(snapshot.endpointSlices)) {
    const key = `${slice.namespace}/${slice.service}`
    ready.set(key, (ready.get(key) ?? 0) + slice.ready)
  }
  return ({namespace, name}) => (ready.get(`${namespace}/${name}`) ?? 0) > 0
}

function webhooks({snapshot}: View): Finding[] {
  const isThere = backendsOf(snapshot)
  const all = [...itemsOf(snapshot.validating), ...itemsOf(snapshot.mutating)]
  return all.flatMap(({kind, name, webhooks: hooks}) =>
    hooks.flatMap(hook => {
      if (!hook.backend || isThere(hook.backend)) return []
      const fails = hook.failurePolicy === 'Fail'
      const what = `${hook.name} calls the service ${nameOf(hook.backend)}, which has no ready endpoint; ${
        fails ? 'refused meanwhile' : 'passed over meanwhile (failurePolicy Ignore)'
      }: ${some(hook.resources, 5)}`
      const about = `${kind.toLowerCase()} ${name}`
      return [
        finding(
          'Z090',
          about,
          what,
          fails ? {} : {level: 'warning', why: 'Nobody judges these objects meanwhile.'},
        ),
      ]
    }),
  )
}

function conversions({snapshot}: View): Finding[] {
  const isThere = backendsOf(snapshot)
  return itemsOf(snapshot.crds).flatMap(({name, conversion}) =>
    !conversion || isThere(conversion)
      ? []
      : [
          finding(
            'Z090',
            `crd ${name}`,
            `versions are converted by the service ${nameOf(conversion)}, which has no ready endpoint`,
            {why: 'Objects stored in another version can be neither read nor written meanwhile.'},
          ),
        ],
  )
}

function aggregated({snapshot}: View): Finding[] {
  return itemsOf(snapshot.apiServices)
    .filter(({backend, available}) => backend && available !== 'True')
    .map(({name, message}) =>
      finding('Z091', `apiservice ${name}`, message || 'nobody says that it is available'),
    )
}

function nameOf({namespace, name}: Backend): string {
  return `${namespace}/${name}`
}
