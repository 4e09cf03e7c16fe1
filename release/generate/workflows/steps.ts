import {toYaml} from '#lib/yaml-out.ts'
import type {GeneratedFile} from '../file.ts'
import {markedText} from '../mark.ts'
import {type Action, pinned, withVersions} from './actions.ts'

/** https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax */
export type Step = {
  name: string
  id?: string
  if?: string
  uses?: string
  with?: Readonly<Record<string, string | number | boolean>>
  env?: Readonly<Record<string, string>>
  run?: string
}
/** What a job's token may do, and what for; reading the sources explains itself. */
export type Permission = 'read' | `${'read' | 'write'} # ${string}`
export type Job = {
  name: string
  if?: string
  needs?: string | readonly string[]
  permissions?: Readonly<Record<string, Permission>>
  environment?: string
  'timeout-minutes': number
  strategy?: Readonly<Record<string, unknown>>
  outputs?: Readonly<Record<string, string>>
  env?: Readonly<Record<string, string>>
  steps: readonly Step[]
}
export type Workflow = {
  name: string
  on: Readonly<Record<string, unknown>>
  concurrency: {group: string; 'cancel-in-progress': boolean | string}
  jobs: Readonly<Record<string, Job>>
}

/**
 * Outside the home folder: uploads leave out whatever lies below a folder that begins with a dot. The mirror is the
 * repository's variable, since the runner's own package sources are not Debian's.
 */
const environment = {
  MOCK_DEVICE_CACHE: '/tmp/mock-device',
  MOCK_DEVICE_DEBIAN_MIRROR: '${{ vars.MOCK_DEVICE_DEBIAN_MIRROR }}',
}
export const storeFolder = `${environment.MOCK_DEVICE_CACHE}/store`

/** A workflow's file. No job may do anything that it does not ask for, and none keeps the token in the checkout. */
export function workflowFile(name: string, {on, concurrency, jobs, ...rest}: Workflow): GeneratedFile {
  const runner = {'runs-on': 'ubuntu-24.04'}
  const yaml = toYaml({
    ...rest,
    on,
    permissions: {},
    concurrency,
    env: environment,
    defaults: {run: {shell: 'bash'}},
    jobs: Object.fromEntries(
      Object.entries(jobs).map(([id, {name, permissions, ...job}]) => [
        id,
        {name, ...runner, permissions: permissions ?? {contents: 'read'}, ...job},
      ]),
    ),
  })
  return {path: `.github/workflows/${name}.yml`, text: markedText(withReasons(withVersions(yaml)))}
}

/** YAML with each permission's reason as a comment, where whoever reviews it looks. */
function withReasons(yaml: string): string {
  return yaml.replace(/'((?:read|write) # [^'\n]+)'$/gm, '$1')
}

export function use(action: Action, name: string, more: Step['with'] = {}): Step {
  return {name, uses: pinned(action), ...(Object.keys(more).length > 0 ? {with: more} : {})}
}

/** The checkout, without leaving the job's token in it. */
export function checkout(more: Step['with'] = {}): Step {
  return use('actions/checkout', 'Check out', {'persist-credentials': false, ...more})
}

/** What runs before the pinned Node is there; nothing is taken from caches that other workflows can write. */
export const node = use('actions/setup-node', 'Set up Node', {
  'node-version': 24,
  'package-manager-cache': false,
})

/** The toolbox root is entered by a user namespace, which Ubuntu forbids to programs that it does not know. */
export const namespaces: Step = {
  name: 'Allow user namespaces',
  run: 'sudo sysctl --write kernel.apparmor_restrict_unprivileged_userns=0',
}

/** Lines of a script. */
export function script(...lines: readonly string[]): string {
  return `${lines.join('\n')}\n`
}
