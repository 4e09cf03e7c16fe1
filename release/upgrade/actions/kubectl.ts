import {at, listAt, textAt} from '../../lib/fields.ts'
import type {ActionOf, Kind, Observation} from './action.ts'
import {type Answer, type Call, complaint, jsonOf, quote, shellLine} from './call.ts'

type Namespaced = {namespace?: string | undefined}

/** What was made by `kubectl create` or a client-side apply has other managers; the file says how it shall be. */
const serverSide = ['--server-side', '--force-conflicts']

export const apply: Kind<ActionOf<'kubectl-apply'>> = {
  twice: () => 'harmless',
  look: action => [kubectl(action, 'diff', ...serverSide, ...fileOf(action))],
  judge: (_, [answer]) => {
    if (answer?.code === 0) return {state: 'applied', saw: 'no difference'}
    if (answer?.code === 1 && answer.stdout !== '') return {state: 'not-started', saw: 'it differs'}
    return unknown(answer)
  },
  act: action => [kubectl(action, 'apply', ...serverSide, ...fileOf(action))],
}

export const patch: Kind<ActionOf<'kubectl-patch'>> = {
  twice: () => 'harmless',
  look: action => [getObject(action)],
  judge: (action, [answer]) => {
    const object = jsonOf(answer)
    if (object === undefined) return missing(action.resource, answer)
    return contains(object, parsed(action.patch))
      ? {state: 'applied', saw: 'it is so'}
      : {state: 'not-started', saw: JSON.stringify(previous(object, parsed(action.patch)))}
  },
  act: action => [kubectl(action, 'patch', action.resource, '--type=merge', '-p', action.patch)],
  undo: (action, [answer]) => {
    const object = jsonOf(answer)
    if (object === undefined) return undefined
    return [{...action, patch: JSON.stringify(previous(object, parsed(action.patch)))}]
  },
}

export const scale: Kind<ActionOf<'kubectl-scale'>> = {
  twice: () => 'harmless',
  look: action => [getObject(action)],
  judge: (action, [answer]) => {
    const object = jsonOf(answer)
    if (object === undefined) return missing(action.resource, answer)
    const [wanted, running] = [at(object, 'spec', 'replicas'), at(object, 'status', 'replicas') ?? 0]
    const saw = `${wanted} wanted, ${running} there`
    if (wanted !== action.replicas) return {state: 'not-started', saw}
    return {state: running === action.replicas ? 'applied' : 'in-progress', saw}
  },
  act: action => [kubectl(action, 'scale', action.resource, `--replicas=${action.replicas}`)],
  undo: (action, [answer]) => {
    const replicas = at(jsonOf(answer), 'spec', 'replicas')
    return typeof replicas === 'number' ? [{...action, replicas}] : undefined
  },
}

export const remove: Kind<ActionOf<'kubectl-delete'>> = {
  twice: () => 'harmless',
  look: action => [kubectl(action, 'get', ...resourcesOf(action), '--ignore-not-found', '-o', 'name')],
  judge: (_, [answer]) => {
    // A kind that the server no longer has is gone with all its objects.
    if (answer?.stderr.includes("doesn't have a resource type"))
      return {state: 'applied', saw: 'no such kind'}
    if (answer?.code !== 0) return unknown(answer)
    const left = answer.stdout.split('\n').filter(line => line !== '')
    return left.length === 0
      ? {state: 'applied', saw: 'none is left'}
      : {state: 'not-started', saw: `${left.length} there`}
  },
  act: action => [kubectl(action, 'delete', ...resourcesOf(action), '--ignore-not-found')],
}

export const wait: Kind<ActionOf<'kubectl-wait'>> = {
  twice: () => 'harmless',
  gate: () => true,
  look: action => [waitFor(action, 1000)],
  judge: (_, [answer]) =>
    answer?.code === 0
      ? {state: 'applied', saw: 'it holds'}
      : {state: 'in-progress', saw: answer ? complaint(answer) : 'nobody looked'},
  act: () => [],
  script: (action, {timeout}) => [shellLine(waitFor(action, timeout))],
}

export const backup: Kind<ActionOf<'kubectl-backup'>> = {
  // Before the change it is as good later as now, and the steps' order keeps it there.
  twice: () => 'harmless',
  look: () => [],
  judge: () => ({state: 'not-started', saw: 'not yet kept by this run'}),
  act: ({resources, file}) => {
    const get = ['kubectl', 'get', resources.join(','), '--all-namespaces', '-o', 'yaml'].map(quote).join(' ')
    // In brackets, so that its failure is one of the line for `set -e` too.
    const line = `(kept=$(${get}) && printf '%s\\n' "$kept" | sed '${withoutIdentity}')`
    return [{argv: ['sh', '-c', line], shell: true, into: file}]
  },
}

/** With its version or uid an object can only be applied to the very state it was kept in: nothing could be restored. */
const withoutIdentity = '/^  metadata:$/,/^  [^ ]/{/^    resourceVersion: /d;/^    uid: /d;}'

export const storageMigration: Kind<ActionOf<'crd-storage-migration'>> = {
  // Twice is harmless, blindly is not: what cannot be read is not written anew, and its version must not be dropped.
  twice: () => 'observed',
  look: ({crd}) => [
    kubectl({}, 'get', 'customresourcedefinition', crd, '-o', 'json'),
    kubectl({}, 'get', crd, '--all-namespaces', '-o', 'json'),
  ],
  judge: ({crd}, [answer, objects]) => {
    const object = jsonOf(answer)
    if (object === undefined) return missing(crd, answer)
    if (jsonOf(objects) === undefined) return unknown(objects)
    const stored = listAt(object, 'status', 'storedVersions')
    const saw = `stored: ${stored.join(', ')}`
    return stored.length === 1 && stored[0] === storageVersion(object)
      ? {state: 'applied', saw}
      : {state: 'not-started', saw}
  },
  // To write an object as it is makes the server store it in the storage version.
  act: ({crd}, [answer, objects]) => {
    const storage = storageVersion(jsonOf(answer)) ?? 'STORAGE-VERSION'
    const left = JSON.stringify({status: {storedVersions: [storage]}})
    return [
      ...(listAt(jsonOf(objects), 'items').length > 0 && objects
        ? [{...kubectl({}, 'replace', '-f', '-'), stdin: objects.stdout}]
        : []),
      kubectl(
        {},
        'patch',
        'customresourcedefinition',
        crd,
        '--subresource=status',
        '--type=merge',
        '-p',
        left,
      ),
    ]
  },
  script: ({crd}) => [
    `kubectl get ${quote(crd)} --all-namespaces -o json | kubectl replace -f -`,
    `kubectl patch customresourcedefinition ${quote(crd)} --subresource=status --type=merge -p '{"status":{"storedVersions":["STORAGE-VERSION"]}}'`,
  ],
}

export const setImage: Kind<ActionOf<'set-image'>> = {
  twice: () => 'harmless',
  look: action => [getObject(action)],
  judge: (action, [answer]) => {
    const object = jsonOf(answer)
    if (object === undefined) return missing(action.resource, answer)
    const images = containersOf(object, action.image).map(c => c.image)
    if (images.length === 0)
      return {state: 'failed', saw: `${action.resource} has no container of ${action.image}`}
    const saw = images.join(', ')
    return images.every(image => image === `${action.image}:${action.to}`)
      ? {state: 'applied', saw}
      : {state: 'not-started', saw}
  },
  act: (action, [answer]) => {
    const found = containersOf(jsonOf(answer), action.image).map(c => c.name)
    const names = found.length > 0 ? found : [action.image.split('/').at(-1) ?? '*']
    const words = names.map(name => `${name}=${action.image}:${action.to}`)
    return [kubectl(action, 'set', 'image', action.resource, ...words)]
  },
  undo: (action, [answer]) => {
    const [first] = containersOf(jsonOf(answer), action.image)
    return first && [{...action, to: first.image.slice(action.image.length + 1)}]
  },
}

export const job: Kind<ActionOf<'job'>> = {
  twice: () => 'observed',
  look: action => [kubectl(action, 'get', 'job', action.name, '-o', 'json')],
  judge: (action, [answer]) => {
    const object = jsonOf(answer)
    if (object === undefined)
      return answer?.stderr.includes('NotFound')
        ? {state: 'not-started', saw: 'no such Job'}
        : missing(`job/${action.name}`, answer)
    const conditions = listAt(object, 'status', 'conditions')
    const is = (type: string) =>
      conditions.find(c => textAt(c, 'type') === type && textAt(c, 'status') === 'True')
    if (is('Complete')) return {state: 'applied', saw: 'complete'}
    const failed = is('Failed')
    return failed
      ? {state: 'failed', saw: textAt(failed, 'message') ?? 'the Job failed'}
      : {state: 'in-progress', saw: 'the Job runs'}
  },
  act: action => [createJob(action)],
  script: (action, {timeout}) => [
    shellLine(createJob(action)),
    shellLine(
      kubectl(
        action,
        'wait',
        `job/${action.name}`,
        '--for=condition=complete',
        `--timeout=${timeout / 1000}s`,
      ),
    ),
  ],
}

function createJob(action: ActionOf<'job'>): Call {
  return {...kubectl(action, 'create', '-f', '-'), stdin: `${JSON.stringify(manifest(action), null, 2)}\n`}
}

/** One try only: who knows what a migration did before it failed? */
function manifest({name, image, command, env}: ActionOf<'job'>): object {
  const container = {
    name: 'job',
    image,
    command,
    env: Object.entries(env).map(([key, value]) => ({name: key, value})),
  }
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {name},
    spec: {backoffLimit: 0, template: {spec: {restartPolicy: 'Never', containers: [container]}}},
  }
}

function containersOf(object: unknown, image: string): {name: string; image: string}[] {
  return listAt(object, 'spec', 'template', 'spec', 'containers').flatMap(container => {
    const [name, runs] = [textAt(container, 'name'), textAt(container, 'image')]
    return name !== undefined && runs?.startsWith(`${image}:`) ? [{name, image: runs}] : []
  })
}

function storageVersion(crd: unknown): string | undefined {
  const version = listAt(crd, 'spec', 'versions').find(v => at(v, 'storage') === true)
  return textAt(version, 'name')
}

function waitFor(action: ActionOf<'kubectl-wait'>, timeout: number): Call {
  const selector = action.selector === undefined ? [] : ['-l', action.selector]
  const time = `--timeout=${Math.ceil(timeout / 1000)}s`
  return action.for === 'rollout'
    ? kubectl(action, 'rollout', 'status', action.resource, ...selector, time)
    : kubectl(action, 'wait', action.resource, ...selector, `--for=${action.for}`, time)
}

function fileOf({file, kustomize}: ActionOf<'kubectl-apply'>): string[] {
  return [kustomize ? '-k' : '-f', file]
}

function resourcesOf({resources, selector}: ActionOf<'kubectl-delete'>): string[] {
  return selector === undefined ? [...resources] : [resources.join(','), '-l', selector]
}

function getObject({resource, namespace}: Namespaced & {resource: string}): Call {
  return kubectl({namespace}, 'get', resource, '-o', 'json')
}

function kubectl({namespace}: Namespaced, ...args: string[]): {argv: string[]} {
  return {argv: ['kubectl', ...(namespace === undefined ? [] : ['-n', namespace]), ...args]}
}

function missing(resource: string, answer: Answer | undefined): Observation {
  return answer?.stderr.includes('NotFound')
    ? {state: 'failed', saw: `there is no ${resource}`}
    : unknown(answer)
}

function unknown(answer: Answer | undefined): Observation {
  return {state: 'unknown', saw: answer ? complaint(answer) : 'nobody looked'}
}

function parsed(patch: string): unknown {
  return JSON.parse(patch)
}

/** Whether an object has all that a merge patch sets; `null` takes a key away. */
function contains(object: unknown, patch: unknown): boolean {
  if (patch === null) return object === undefined || object === null
  if (typeof patch !== 'object' || Array.isArray(patch))
    return JSON.stringify(object) === JSON.stringify(patch)
  return Object.entries(patch).every(([key, value]) => contains(at(object, key), value))
}

/** The merge patch that brings back what a merge patch changes. */
function previous(object: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return object ?? null
  return typeof object === 'object' && object !== null
    ? Object.fromEntries(Object.entries(patch).map(([key, value]) => [key, previous(at(object, key), value)]))
    : null
}
