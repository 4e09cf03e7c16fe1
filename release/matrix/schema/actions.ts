import {z} from 'zod'
import {bool, int, text, value} from './scalars.ts'

/*
 * Typed actions of procedures: what they do is told apart from how it is written, so that a run can look whether it was
 * done, a runbook can print it, and an emitter can put it into Git or a workflow. Parameters stand in {{braces}} in any
 * text; {{version}} is the version that a move goes to, {{from}} the one it comes from.
 */

const namespaced = {namespace: text.optional()}

const helm = [
  /** `upgrade --install`: the chart's new defaults, with the site's own values on top of them. */
  z.strictObject({
    action: z.literal('helm-upgrade'),
    release: text,
    ...namespaced,
    /** `oci://…`, or a repository's `name/chart`. */
    chart: text,
    version: text,
    values: z.record(z.string(), value).default({}),
    /** Files of values; given, the values of the last revision no longer count. */
    files: z.array(text).default([]),
  }),
  z.strictObject({action: z.literal('helm-uninstall'), release: text, ...namespaced}),
  /** To the newest sound revision of a chart's version. It restores neither CRDs nor data. */
  z.strictObject({action: z.literal('helm-rollback'), release: text, ...namespaced, version: text}),
] as const

const kubectl = [
  /** Server-side apply of a file, a URL, or with `kustomize` a folder. */
  z.strictObject({action: z.literal('kubectl-apply'), file: text, kustomize: bool.optional(), ...namespaced}),
  /** A JSON merge patch of one object, `kubevirt/kubevirt`. */
  z.strictObject({action: z.literal('kubectl-patch'), resource: text, ...namespaced, patch: text}),
  z.strictObject({action: z.literal('kubectl-scale'), resource: text, ...namespaced, replicas: int}),
  /** `kind/name …`, or a kind with a selector; what is not there is fine. */
  z.strictObject({
    action: z.literal('kubectl-delete'),
    resources: z.array(text).min(1),
    selector: text.optional(),
    ...namespaced,
  }),
  /** Until a condition holds: `condition=Available`, `delete`, `jsonpath={…}=…`, or `rollout`. */
  z.strictObject({
    action: z.literal('kubectl-wait'),
    resource: text,
    for: text,
    selector: text.optional(),
    ...namespaced,
  }),
  /** Keeps objects of all namespaces in a file, as YAML. */
  z.strictObject({action: z.literal('kubectl-backup'), resources: z.array(text).min(1), file: text}),
  /** Writes every object of a CRD anew, so that only the stored version is left in `status.storedVersions`. */
  z.strictObject({action: z.literal('crd-storage-migration'), crd: text}),
] as const

const files = z.strictObject({
  action: z.literal('file-edit'),
  file: text,
  /** As in bindings: keys joined by dots, an attribute's name in Terraform's files. */
  path: text,
  to: text,
  /** The commit's message; left out, nothing is committed. */
  commit: text.optional(),
})

const region = {region: text.optional()}
const aws = [
  z.strictObject({action: z.literal('eks-cluster-version'), cluster: text, ...region, version: text}),
  /** `version` may be the beginning of the add-on's: `v1.20.0`, `v1.12`. */
  z.strictObject({action: z.literal('eks-addon'), cluster: text, ...region, addon: text, version: text}),
  z.strictObject({
    action: z.literal('eks-nodegroup'),
    cluster: text,
    ...region,
    nodegroup: text,
    version: text,
    force: bool.optional(),
  }),
  /** No insight of a category is an ERROR. */
  z.strictObject({
    action: z.literal('eks-insights'),
    cluster: text,
    ...region,
    category: z.enum(['UPGRADE_READINESS', 'ROLLBACK_READINESS']),
  }),
  z.strictObject({action: z.literal('rds-snapshot'), instance: text, snapshot: text, ...region}),
  /** Always to a new instance: the old one stays as it is. */
  z.strictObject({action: z.literal('rds-restore'), snapshot: text, instance: text, ...region}),
] as const

const folder = {folder: text.default('.')}
const terraform = [
  z.strictObject({action: z.literal('terraform-init'), ...folder, upgrade: bool.optional()}),
  z.strictObject({action: z.literal('terraform-plan'), ...folder, targets: z.array(text).default([])}),
  /** Of these targets alone: a module that raises cluster, nodes and add-ons at once orders nothing. */
  z.strictObject({
    action: z.literal('terraform-apply'),
    ...folder,
    targets: z.array(text).default([]),
    /** What `terraform-plan` has left, as somebody has seen it; Terraform refuses it when anything has changed since. */
    saved: bool.optional(),
  }),
] as const

const others = [
  /** A Job of one container, under a name that no other step has. */
  z.strictObject({
    action: z.literal('job'),
    name: text,
    ...namespaced,
    image: text,
    command: z.array(text).min(1),
    env: z.record(z.string(), text).default({}),
  }),
  z.strictObject({action: z.literal('notify'), message: text, url: text.optional()}),
  /** A person looks and says yes. */
  z.strictObject({action: z.literal('approve'), question: text}),
] as const

/** What a step does where a desired state (`set`) is not enough. */
export const action = z.discriminatedUnion('action', [
  ...helm,
  ...kubectl,
  files,
  ...aws,
  ...terraform,
  ...others,
])
export type DeclaredAction = z.output<typeof action>

/** A desired state, not a command: who owns the thing decides how it is written. */
export const desired = z.union([
  z.strictObject({
    chart: text,
    /** Where the chart is, `oci://registry/charts`; left out, where the product releases its own. */
    repository: text.optional(),
    /** Left out, the chart's name. */
    release: text.optional(),
    ...namespaced,
    to: text,
    values: z.record(z.string(), value).optional(),
  }),
  z.strictObject({
    image: text,
    /** What runs it, `deployment/mlflow`. */
    resource: text.optional(),
    ...namespaced,
    to: text,
  }),
  z.strictObject({field: text, file: text, to: text}),
])

export const probe = z.union([
  z.strictObject({http: text, status: int.default(200)}),
  /** `holds` is a comparison with every sample of the answer: `< 0.01`. */
  z.strictObject({promql: text, holds: text, server: text.optional()}),
  z.strictObject({resource: text, condition: text, ...namespaced}),
])

/** How plain commands can be judged and repeated; a typed action knows that by itself. */
export const commandKeys = {
  /** What the standard output of the last command has to match: a regular expression; `^$` for nothing. */
  matches: text.optional(),
  /** A command that tells whether the step is done already, by its output. */
  done: z.strictObject({run: text, matches: text}).optional(),
  /** Doing it twice is as good as once. Commands before a change and of its verification always are. */
  repeatable: bool.optional(),
}
