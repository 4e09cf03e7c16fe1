import {join} from 'node:path'
import {type Diagnostic, fail} from '#lib/diagnostics.ts'
import {openTarget} from '../effects/open-target.ts'
import {cacheDir} from '../effects/toolbox/cache.ts'
import {isDigest} from '../lib/digest.ts'
import {layoutTarget} from '../lib/oci/layout.ts'
import {fetchMatrix, parseMatrixReference} from '../publish/matrix.ts'
import type {Context} from './command.ts'
import {renderProblems} from './problems.ts'
import {verifierFor} from './trust.ts'

/** A matrix in a registry: its text, and its full name with the digest. */
export type Published = {text: Buffer; name: string}

/**
 * The matrix that `--matrix oci://…` names, checked against whom one trusts, and kept in the cache by its digest. What a
 * tag stands for is told on standard error.
 * @param pinned whether a tag will not do
 * @throws P041 not a reference, or a tag where a digest is needed, and what `fetchMatrix` throws
 */
export async function publishedMatrix(text: string, pinned: boolean, context: Context): Promise<Published> {
  const {registry, repository, reference} = parseMatrixReference(text)
  if (pinned && !isDigest(reference))
    fail(
      {
        code: 'P041',
        message: `${text} is a tag, which may stand for something else tomorrow`,
        expected: 'a digest, since this command does more than answer',
        hint: `\`lockstep matrix lint --matrix ${text}\` tells its digest`,
      },
      2,
    )
  const {files, exec, env} = context
  const from = openTarget(registry, {files, exec, fetch, env}).repository(repository)
  // A layout's folders have names of repositories, in which a host's port has no place.
  const place = registry.toLowerCase().replace(/[^a-z0-9./-]+/g, '__')
  const cache = layoutTarget(files, join(cacheDir(), 'matrices')).repository(
    `${place.replace(/^_+/, '')}/${repository}`,
  )
  const verifier = await verifierFor(context.trust ?? {}, context)
  const {text: bytes, digest} = await fetchMatrix(reference, from, cache, verifier)
  const name = `oci://${registry}/${repository}@${digest}`
  if (!isDigest(reference))
    context.err(await renderProblems([moving(text, name, verifier?.name)], context, context.color))
  return {text: bytes, name}
}

/** What a tag stands for today. */
function moving(tag: string, name: string, signer: string | undefined): Diagnostic {
  return {
    code: 'P043',
    severity: 'warning',
    message: `${tag} is ${name}${signer === undefined ? '' : `, signed by ${signer}`}`,
    hint: 'name the digest to get the same answer tomorrow, and offline',
  }
}
