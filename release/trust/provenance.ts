import {z} from 'zod'
import type {Digest} from '../lib/digest.ts'
import {hexOf} from '../lib/digest.ts'
import {canonicalJson} from '../plan/digest.ts'
import type {Artifact, ReleasePlan} from '../plan/plan.ts'
import {type Inventory, inventoryOf} from './sbom/index.ts'
import {predicates, type Statement, statementOf} from './statement.ts'

/** Where a release is made; the one place in a release that names a commit. */
export type BuildSource = {
  /** 40 hex digits. */
  commit: string
  /** What ran the build, as a URL. */
  builder: string
  /** One run of it, as a URL. */
  invocation?: string
}
export type Byproduct = {name: string; mediaType: string; digest: Digest}

const page = 'tree/main/docs/reference/provenance.md'

/** Who has no other name than the machine that it was. */
export function localBuilder(repositoryUrl: string): string {
  return `${repositoryUrl}/${page}#local`
}

/**
 * What an artifact was made from and by what (https://slsa.dev/spec/v1.1/provenance): pure, and without a clock, so
 * that the same build states the same.
 * @param byproducts its bills of materials, which are vouched for by standing here
 */
export function provenanceOf(
  plan: ReleasePlan,
  artifact: Artifact,
  subjects: readonly {name?: string; digest: Digest}[],
  source: BuildSource,
  byproducts: readonly Byproduct[],
): Statement {
  const inventory = inventoryOf(plan, artifact, {})
  return statementOf(subjects, predicates.provenance, {
    buildDefinition: {
      buildType: `${plan.repositoryUrl}/${page}#v1`,
      externalParameters: {product: plan.product, version: plan.version, artifact: artifact.id},
      internalParameters: {epoch: plan.epoch, inputs: {sha256: artifact.digest}},
      resolvedDependencies: [
        {uri: `git+${plan.repositoryUrl}@refs/tags/v${plan.version}`, digest: {gitCommit: source.commit}},
        ...lockedInputs(inventory),
      ],
    },
    runDetails: {
      builder: {id: source.builder},
      ...(source.invocation ? {metadata: {invocationId: source.invocation}} : {}),
      ...(byproducts.length > 0
        ? {byproducts: byproducts.map(b => ({...b, digest: {sha256: hexOf(b.digest)}}))}
        : {}),
    },
  })
}

/** Everything locked that went in or was needed, by the digests of the locks. */
function lockedInputs({parts}: Inventory): unknown[] {
  return parts
    .filter(part => part.checksums.length > 0)
    .map(({purl, name, checksums}) => ({
      ...(purl ? {uri: purl} : {name}),
      digest: Object.fromEntries(checksums.map(c => [c.algorithm.toLowerCase(), c.value])),
    }))
}

const predicate = z.object({
  buildDefinition: z.looseObject({
    externalParameters: z.looseObject({product: z.string(), version: z.string(), artifact: z.string()}),
  }),
  runDetails: z.object({
    byproducts: z
      .array(z.object({name: z.string(), mediaType: z.string(), digest: z.object({sha256: z.string()})}))
      .default([]),
  }),
})
export type Provenance = z.output<typeof predicate>

/** The parts that are checked; undefined for a statement of another kind or build type. */
export function readProvenance(statement: Statement): Provenance | undefined {
  if (statement.predicateType !== predicates.provenance) return undefined
  return predicate.safeParse(statement.predicate).data
}

/** Whether two statements tell of the same build; where and when it ran may differ. */
export function sameBuild(a: Statement, b: Statement): boolean {
  const [x, y] = [readProvenance(a), readProvenance(b)]
  const key = (s: Statement, p: Provenance) =>
    canonicalJson([s.subject, p.buildDefinition, p.runDetails.byproducts])
  return x !== undefined && y !== undefined && key(a, x) === key(b, y)
}
