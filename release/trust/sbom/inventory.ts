import {compareBytewise} from '../../lib/bytes.ts'
import type {Digest} from '../../lib/digest.ts'
import {hexOf} from '../../lib/digest.ts'
import {digestOf} from '../../plan/digest.ts'
import {
  type Artifact,
  type LockedPackage,
  type NpmPackage,
  type Recipe,
  type ReleasePlan,
  usesToolbox,
} from '../../plan/plan.ts'
import {cpeOf, purlOf} from './purl.ts'

/** Something that a bill of materials lists. */
export type Part = {
  /** Letters, digits, `.` and `-`; the same wherever the same thing is listed. */
  id: string
  name: string
  version: string
  purpose: 'container' | 'archive' | 'application' | 'library' | 'device-driver' | 'install' | 'other'
  supplier?: string
  /** SPDX expression. */
  license?: string
  purl?: string
  cpe?: string
  checksums: {algorithm: 'SHA256' | 'SHA512'; value: string}[]
}

/** Parts by id and how they hang together; `subject` is what the bill is about. */
export type Inventory = {subject: Part; parts: Part[]; relations: Relation[]}
/** `contains`: the bytes are in it; `built-with`: it was needed for making it, and is not in it. */
export type Relation = {from: string; kind: 'contains' | 'built-with'; to: string}

/** What one artifact of a plan has become: its digest in the registry, or its files'. */
export type Made = {digest?: Digest; files?: Readonly<Record<string, Digest>>}

/**
 * What is inside an artifact, from the very recipes that it was built by. Pure: nothing is looked up, so the same
 * plan and digests give the same inventory.
 */
export function inventoryOf(plan: ReleasePlan, artifact: Artifact, made: Made): Inventory {
  const subject = subjectOf(plan, artifact, made)
  const {parts, relations} = ingredientsOf(plan, artifact, subject.id)
  return tidy({subject, parts, relations})
}

/** Everything that a release consists of, each with its own ingredients. */
export function releaseInventory(
  plan: Pick<ReleasePlan, 'product' | 'version' | 'repositoryUrl'>,
  inventories: readonly Inventory[],
): Inventory {
  const {product, version, repositoryUrl} = plan
  const subject: Part = {
    id: partId('release', product, version),
    name: product,
    version,
    purpose: 'install',
    supplier: product,
    purl: purlOf.source(repositoryUrl, product, version),
    checksums: [],
  }
  return tidy({
    subject,
    parts: inventories.flatMap(i => [i.subject, ...i.parts]),
    relations: [
      ...inventories.map((i): Relation => ({from: subject.id, kind: 'contains', to: i.subject.id})),
      ...inventories.flatMap(i => i.relations),
    ],
  })
}

function subjectOf(plan: ReleasePlan, artifact: Artifact, {digest, files = {}}: Made): Part {
  const {oci, recipe} = artifact
  const common = {version: plan.version, supplier: plan.product, ...licenseOf(recipe)}
  if (oci && digest)
    return {
      ...common,
      id: partId('artifact', oci.repository, hexOf(digest)),
      name: oci.repository,
      purpose: purposes[recipe.kind] ?? 'container',
      purl: purlOf.oci(`${plan.registry}/${oci.repository}`, digest, oci.tags[0]),
      checksums: [{algorithm: 'SHA256', value: hexOf(digest)}],
    }
  const [[name, sum] = [artifact.id, undefined]] = Object.entries(files)
  return {
    ...common,
    id: partId('file', name, sum ? hexOf(sum) : plan.version),
    name,
    purpose: purposes[recipe.kind] ?? 'archive',
    purl: purlOf.file(name, plan.version, sum),
    checksums: sum ? [{algorithm: 'SHA256', value: hexOf(sum)}] : [],
  }
}

const purposes: {readonly [K in string]?: Part['purpose']} = {
  chart: 'install',
  manifests: 'install',
  'node-executable': 'application',
  source: 'archive',
} satisfies {[K in Recipe['kind']]?: Part['purpose']}

function licenseOf(recipe: Recipe): {license?: string} {
  return 'license' in recipe && typeof recipe.license === 'string' ? {license: recipe.license} : {}
}

/** The packages in an artifact's own recipe and in those of what it needs, and what only made them. */
function ingredientsOf(plan: ReleasePlan, artifact: Artifact, owner: string): Omit<Inventory, 'subject'> {
  const parts: Part[] = []
  const relations: Relation[] = []
  const add = (part: Part, kind: Relation['kind'], from = owner) => {
    parts.push(part)
    relations.push({from, kind, to: part.id})
  }
  const {inside, tools} = packagesOf(artifact.recipe)
  for (const part of inside) add(part, 'contains')
  for (const part of tools) add(part, 'built-with')
  if (usesToolbox(artifact.recipe)) add(toolboxPart(plan), 'built-with')
  for (const id of artifact.needs) {
    const needed = plan.artifacts.find(a => a.id === id)
    if (!needed) continue
    const below = partOfBuild(plan, needed)
    if (below) add(below, 'contains')
    const more = ingredientsOf(plan, needed, below?.id ?? owner)
    parts.push(...more.parts)
    relations.push(...more.relations)
  }
  return {parts, relations}
}

/** What a step of the build leaves in the artifact as a thing of its own; a layer is only its content. */
function partOfBuild(plan: ReleasePlan, {recipe}: Artifact): Part | undefined {
  if (recipe.kind !== 'module') return undefined
  return {
    id: partId('module', recipe.module, `${recipe.version}-${recipe.kernel}`),
    name: recipe.module,
    version: recipe.version,
    purpose: 'device-driver',
    supplier: plan.product,
    purl: purlOf.source(plan.repositoryUrl, recipe.module, recipe.version, {kernel: recipe.kernel}),
    checksums: [],
  }
}

/** The compilers and all else of the build's root: one thing, by its lock. */
function toolboxPart({toolbox, product}: ReleasePlan): Part {
  return {
    id: partId('toolbox', 'toolbox', toolbox),
    name: `${product}-toolbox`,
    version: toolbox.slice(0, 12),
    purpose: 'other',
    supplier: product,
    checksums: [{algorithm: 'SHA256', value: toolbox}],
  }
}

/**
 * The locked packages that a recipe names, wherever in it. Those of a kernel module are headers, which are compiled
 * against; those under `tools` and the `bundler` make something; all others end up in what is made.
 */
export function packagesOf(recipe: Recipe): {inside: Part[]; tools: Part[]} {
  const {tools, bundler, ...rest} = recipe as Recipe & {tools?: unknown; bundler?: unknown}
  const [own, making] = [partsIn(rest), partsIn([tools, bundler])]
  return recipe.kind === 'module' ? {inside: [], tools: [...own, ...making]} : {inside: own, tools: making}
}

function partsIn(value: unknown): Part[] {
  if (Array.isArray(value)) return value.flatMap(partsIn)
  if (typeof value !== 'object' || value === null) return []
  if ('sha256' in value && 'filename' in value) return [debPart(value as LockedPackage)]
  if ('integrity' in value) return [npmPart(value as NpmPackage)]
  return Object.values(value).flatMap(partsIn)
}

function debPart(deb: LockedPackage): Part {
  return {
    id: partId('deb', deb.name, deb.sha256),
    name: deb.name,
    version: deb.version,
    purpose: 'library',
    supplier: 'Debian',
    purl: purlOf.deb(deb),
    checksums: [{algorithm: 'SHA256', value: deb.sha256}],
  }
}

function npmPart({name, version, integrity}: NpmPackage): Part {
  const sum = Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex')
  return {
    id: partId('npm', name, sum),
    name,
    version,
    purpose: /^node-linux-/.test(name) ? 'application' : 'library',
    purl: purlOf.npm(name, version),
    ...cpeOf(name, version),
    checksums: integrity.startsWith('sha512-') ? [{algorithm: 'SHA512', value: sum}] : [],
  }
}

/** Names may differ only in what an id can't hold, so a digest of all stands at the end. */
function partId(kind: string, name: string, exact: string): string {
  const plain = name.replace(/[^A-Za-z0-9.]+/g, '-').replace(/^-+|-+$/g, '')
  return `${kind}-${plain}-${digestOf([kind, name, exact]).slice(0, 12)}`
}

/** Each part and relation once, in an order that does not depend on how they were found. */
function tidy({subject, parts, relations}: Inventory): Inventory {
  const byId = new Map(parts.filter(p => p.id !== subject.id).map(p => [p.id, p]))
  const key = (r: Relation) => `${r.from} ${r.kind} ${r.to}`
  const unique = new Map(relations.map(r => [key(r), r]))
  return {
    subject,
    parts: [...byId.values()].sort((a, b) => compareBytewise(a.id, b.id)),
    relations: [...unique.entries()].sort(([a], [b]) => compareBytewise(a, b)).map(([, r]) => r),
  }
}
