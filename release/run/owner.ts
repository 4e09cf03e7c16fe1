import type {Diagnostic} from '#lib/diagnostics.ts'
import {at, listAt, textAt} from '../lib/fields.ts'
import type {Bindings} from '../matrix/schema/index.ts'
import type {Action} from '../upgrade/actions/action.ts'
import {type Answer, type Call, jsonOf} from '../upgrade/actions/call.ts'
import type {Hop, UpgradePlan} from '../upgrade/plan.ts'
import {hopTitle} from '../upgrade/render/text.ts'
import type {Task} from './tasks.ts'
import type {World} from './world.ts'

type Owner = 'argocd' | 'flux' | 'terraform'
const codeOf = {argocd: 'Q030', flux: 'Q031', terraform: 'Q032'} as const
const names = {argocd: 'Argo CD', flux: 'Flux', terraform: 'Terraform'} as const

/** Q030 to Q032 for hops whose owner, by the site's bindings, is told by Git. */
export function ownedByBindings({hops}: UpgradePlan, bindings: Bindings['bindings']): Diagnostic[] {
  return hops.flatMap(hop => {
    const bound = bindings.filter(({component, instance}) => isOf(hop, component, instance))
    const owner = bound.map(b => b.owner).find(o => o === 'argocd' || o === 'flux' || o === 'terraform')
    // Terraform's own files and applies are the way of what it owns.
    const byItself = owner === 'terraform' && hop.steps.every(s => s.phase !== 'change' || isTerraform(s))
    return owner && !byItself
      ? [refusal(owner, `hop ${hop.number} (${hopTitle(hop)})`, 'by the bindings')]
      : []
  })
}

function isTerraform({do: typed, set}: Hop['steps'][number]): boolean {
  if (set) return 'field' in set
  return typed === undefined || typed.action === 'file-edit' || typed.action.startsWith('terraform-')
}

function isOf(hop: Hop, component: string, instance: string | undefined): boolean {
  return (
    (hop.members.includes(component) || hop.component === component) &&
    (instance === undefined || hop.instance === undefined || instance === hop.instance)
  )
}

/** Q030 and Q031 for tasks whose objects say themselves that Git owns them. What cannot be seen is passed over. */
export async function ownedLive(tasks: readonly Task[], world: World): Promise<Diagnostic[]> {
  const applications = await applicationNames(world)
  const found: Diagnostic[] = []
  const asked = new Map<string, ReturnType<typeof ownerOf>>()
  for (const {id, action} of tasks) {
    const key = JSON.stringify(targetOf(action))
    if (key === undefined) continue
    const known = asked.get(key)
    const owner = known ?? ownerOf(await objectsOf(action, world), applications)
    if (!known) asked.set(key, owner)
    if (owner) found.push(refusal(owner.owner, `what step ${id} changes`, owner.by))
  }
  return found
}

function refusal(owner: Owner, what: string, by: string): Diagnostic {
  return {
    code: codeOf[owner],
    severity: 'error',
    message: `${what} is owned by ${names[owner]} (${by})`,
    hint: '`lockstep upgrade emit` writes the change to where it is read from',
  }
}

/** What an action changes in the cluster; undefined when it is nothing there. */
function targetOf(action: Action): readonly (string | undefined)[] | undefined {
  switch (action.action) {
    case 'helm-upgrade':
    case 'helm-uninstall':
    case 'helm-rollback':
      return ['helm', action.release, action.namespace]
    case 'kubectl-patch':
    case 'kubectl-scale':
    case 'set-image':
      return ['object', action.resource, action.namespace]
    case 'kubectl-apply':
      return ['file', action.kustomize ? '-k' : '-f', action.file, action.namespace]
    case 'kubectl-delete':
      return action.selector === undefined ? ['object', ...action.resources, action.namespace] : undefined
    default:
      return undefined
  }
}

async function objectsOf(action: Action, world: World): Promise<readonly unknown[]> {
  const found = ['--ignore-not-found', '-o', 'json']
  const kubectl = (namespace: string | undefined, ...args: string[]): Call => ({
    argv: ['kubectl', ...(namespace === undefined ? [] : ['-n', namespace]), 'get', ...args, ...found],
  })
  switch (action.action) {
    case 'helm-upgrade':
    case 'helm-uninstall':
    case 'helm-rollback': {
      const {release, namespace} = action
      const where = namespace === undefined ? [] : ['--namespace', namespace]
      const manifest = await ask({argv: ['helm', 'get', 'manifest', release, ...where]}, world)
      if (manifest.code !== 0 || manifest.stdout.trim() === '') return []
      const call = kubectl(namespace, '-f', '-')
      return itemsOf(await ask({...call, stdin: manifest.stdout} as Call, world))
    }
    case 'kubectl-patch':
    case 'kubectl-scale':
    case 'set-image':
      return itemsOf(await ask(kubectl(action.namespace, action.resource), world))
    case 'kubectl-apply':
      return itemsOf(await ask(kubectl(action.namespace, action.kustomize ? '-k' : '-f', action.file), world))
    case 'kubectl-delete':
      return action.selector === undefined
        ? itemsOf(await ask(kubectl(action.namespace, ...action.resources), world))
        : []
    default:
      return []
  }
}

async function applicationNames(world: World): Promise<ReadonlySet<string>> {
  const answer = await ask(
    {argv: ['kubectl', 'get', 'applications.argoproj.io', '--all-namespaces', '-o', 'json']},
    world,
  )
  return new Set(itemsOf(answer).flatMap(item => textAt(item, 'metadata', 'name') ?? []))
}

/** Nobody is to be kept from a plan for nodes in AWS by the want of kubectl. */
async function ask(call: Call, world: World): Promise<Answer> {
  return world.call(call, 60_000).catch(() => ({code: 1, stdout: '', stderr: ''}))
}

function itemsOf(answer: Answer): readonly unknown[] {
  const data = jsonOf(answer)
  return at(data, 'kind') === 'List' || at(data, 'items') !== undefined
    ? listAt(data, 'items')
    : data === undefined
      ? []
      : [data]
}

/**
 * Who says that an object is theirs: Argo CD by its annotation, its own label, or the label that charts use too (then it
 * counts if there is an Application of that name); Flux by the labels of its two controllers.
 */
function ownerOf(
  objects: readonly unknown[],
  applications: ReadonlySet<string>,
): {owner: Owner; by: string} | undefined {
  for (const object of objects) {
    const label = (name: string) => textAt(object, 'metadata', 'labels', name)
    const tracking = textAt(object, 'metadata', 'annotations', 'argocd.argoproj.io/tracking-id')
    if (tracking !== undefined)
      return {owner: 'argocd', by: `annotation argocd.argoproj.io/tracking-id ${tracking}`}
    const own = label('argocd.argoproj.io/instance')
    if (own !== undefined) return {owner: 'argocd', by: `label argocd.argoproj.io/instance ${own}`}
    const instance = label('app.kubernetes.io/instance')
    if (instance !== undefined && applications.has(instance))
      return {
        owner: 'argocd',
        by: `label app.kubernetes.io/instance, and there is an Application ${instance}`,
      }
    for (const flux of ['kustomize.toolkit.fluxcd.io/name', 'helm.toolkit.fluxcd.io/name']) {
      const name = label(flux)
      if (name !== undefined) return {owner: 'flux', by: `label ${flux} ${name}`}
    }
  }
  return undefined
}
