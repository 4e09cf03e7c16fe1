import {join, resolve} from 'node:path'
import {valid} from 'semver'
import {type Diagnostic, DiagnosticError, fail} from '#lib/diagnostics.ts'
import {evidenceOn, type Hanging} from '../evidence/referrers.ts'
import {verifiedEvidence} from '../evidence/statement.ts'
import type {Evidence} from '../matrix/schema/evidence.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import {type Bundle, readBundle} from '../trust/bundle.ts'
import type {Args, Context} from './command.ts'
import {readGiven} from './read-files.ts'
import {openTarget} from './target.ts'
import {verifierOf} from './trust.ts'

/** A bundle, and what messages call it. */
export type Named = {bundle: Bundle; name: string}

/**
 * Evidence in a file, or on a published version, that whom one trusts has signed.
 * @throws H005 nobody to trust is named, H012 the release has none that is, and why the others do not count
 */
export async function trustedEvidence(
  word: string,
  matrix: Matrix,
  args: Args,
  context: Context,
): Promise<(Evidence & {product: string})[]> {
  const verifier = await verifierOf(args, context)
  if (!verifier)
    fail(
      {
        code: 'H005',
        message: 'whose signature counts is not said',
        expected: '--key FILE, or --identity URL with --issuer URL and --trusted-root FILE',
      },
      2,
    )
  const version = valid(word)
  if (version === null) {
    const {bundle, name} = await evidenceFileAt(word, context)
    return [await verifiedEvidence(bundle, name, verifier)]
  }
  const found: (Evidence & {product: string})[] = []
  const {bundles, broken} = await publishedEvidence(version, matrix, args, context)
  const refused: Diagnostic[] = [...broken]
  for (const {bundle, name} of bundles)
    try {
      found.push(await verifiedEvidence(bundle, name, verifier))
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error
      refused.push(...error.diagnostics)
    }
  if (found.length > 0) return found
  if (refused.length > 0) throw new DiagnosticError(refused)
  fail({
    code: 'H012',
    message: `${word} has no evidence`,
    hint: '`lockstep evidence publish` attaches what CI has written',
  })
}

export async function evidenceFileAt(file: string, context: Context): Promise<Named> {
  return {bundle: readBundle(await readGiven(context, file), file), name: file}
}

async function publishedEvidence(
  version: string,
  matrix: Matrix,
  args: Args,
  context: Context,
): Promise<Hanging> {
  const {repository, release} = await releaseAt(version, matrix, args, context)
  return evidenceOn(repository, release.digest)
}

/** A release's own artifact. @throws C015 it is not there */
export async function releaseAt(version: string, matrix: Matrix, args: Args, context: Context) {
  const place = args.text('to') ?? matrix.release?.registry
  if (place === undefined)
    fail({code: 'C005', message: 'the matrix names no registry', expected: '--to TARGET'}, 2)
  const repository = openTarget(place, args, context).repository(matrix.product.id)
  const release = await repository.resolve(`v${version}`)
  if (release) return {repository, release}
  fail({code: 'C015', message: `${repository.name} has no v${version}`})
}

/** The files that a run of tests has left in a folder. @throws H004 none is there */
export async function recordFiles(folder: string, {files, cwd}: Context): Promise<string[]> {
  const dir = resolve(cwd, folder)
  const names = (await files.list(dir)).filter(name => name.endsWith('.json'))
  if (names.length > 0) return names.map(name => join(dir, name))
  fail({
    code: 'H004',
    message: `${folder} holds no record of tests`,
    hint: '`npm test -- --record DIR` writes them',
  })
}
