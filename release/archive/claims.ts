import {z} from 'zod'
import {DiagnosticError} from '#lib/diagnostics.ts'
import type {Digest} from '../lib/digest.ts'
import type {Repository} from '../lib/oci/target.ts'
import {readReferrers} from '../publish/referrers.ts'
import type {Bundle} from '../trust/bundle.ts'
import {predicates, type Statement, speaksOf, statementIn} from '../trust/statement.ts'
import type {Verifier} from '../trust/verifier.ts'

/** What the provenances of an artifact say about where it came from. */
export type Claims = {
  /** Commits from which it is said to have been built. */
  commits: Set<string>
  /** Digests of all that went into it, as its plan had them. */
  inputs: Set<string>
}

const told = z.object({
  buildDefinition: z.object({
    internalParameters: z.object({inputs: z.object({sha256: z.string()})}).optional(),
    resolvedDependencies: z.array(z.object({digest: z.record(z.string(), z.string())})).default([]),
  }),
})

/** @param verifier counts only what they have signed; without, whatever hangs there */
export async function claimsOf(
  repository: Repository,
  digest: Digest,
  verifier: Verifier | undefined,
): Promise<Claims> {
  const claims: Claims = {commits: new Set(), inputs: new Set()}
  const stated = async (bundle: Bundle, name: string): Promise<Statement | undefined> => {
    try {
      await verifier?.check(bundle, name)
      return statementIn(bundle, name)
    } catch (error) {
      if (error instanceof DiagnosticError) return undefined
      throw error
    }
  }
  for (const {bundle, name} of (await readReferrers(repository, digest)).bundles) {
    const statement = await stated(bundle, name)
    if (!statement || statement.predicateType !== predicates.provenance || !speaksOf(statement, digest))
      continue
    const {data} = told.safeParse(statement.predicate)
    for (const {digest: sums} of data?.buildDefinition.resolvedDependencies ?? [])
      if (sums.gitCommit !== undefined) claims.commits.add(sums.gitCommit)
    const inputs = data?.buildDefinition.internalParameters?.inputs.sha256
    if (inputs !== undefined) claims.inputs.add(inputs)
  }
  return claims
}
