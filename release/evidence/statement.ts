import {z} from 'zod'
import {type Diagnostic, DiagnosticError, fail} from '#lib/diagnostics.ts'
import {digestOf} from '../lib/digest.ts'
import {type Evidence, evidenceRecord} from '../matrix/schema/evidence.ts'
import type {Bundle} from '../trust/bundle.ts'
import {type Statement, statementIn} from '../trust/statement.ts'
import type {Verifier} from '../trust/verifier.ts'
import type {TestRecord} from './record.ts'

/** The type of our predicate; another form of it would get another number. */
export const evidenceType = 'https://github.com/fabiendupont/mock-device/tree/main/docs/guides/evidence.md#v1'

const predicate = z.looseObject({
  product: z.string(),
  version: z.string(),
  /** What ran it, as a URL, and which run of it. */
  builder: z.string(),
  run: z.url().optional(),
  finished: z.iso.datetime(),
  passed: z.int().positive(),
  records: z.array(evidenceRecord).min(1),
})
export type EvidencePredicate = z.output<typeof predicate>

/** Where a run took place. */
export type RunSource = {
  product: string
  version: string
  /** The repository, as a URL. */
  repository: string
  commit: string
  builder: string
  run?: string
}

/**
 * What a whole run has shown, about the sources of one commit (https://in-toto.io/Statement/v1, with the digest
 * algorithm gitCommit). Pure, and without a clock of its own.
 * @throws H002 a test has failed, H003 other sources than the commit's, H004 nothing is recorded; all at once
 */
export function evidenceStatement(runs: readonly TestRecord[], source: RunSource): Statement {
  const problems = runs.flatMap(run => problemsOf(run, source.commit))
  const records = runs.flatMap(run => run.records)
  if (records.length === 0)
    problems.push(
      problem('H004', 'no test that passed has recorded anything', 'run a tier that boots kernels or nodes'),
    )
  if (problems.length > 0) throw new DiagnosticError(problems)
  const said: EvidencePredicate = {
    product: source.product,
    version: source.version,
    builder: source.builder,
    ...(source.run ? {run: source.run} : {}),
    finished:
      runs
        .map(run => run.finished)
        .sort()
        .at(-1) ?? '',
    passed: runs.reduce((sum, run) => sum + run.passed, 0),
    // Tests end in any order; what they have shown has none.
    records: records.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
  }
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{name: `git+${source.repository}`, digest: {gitCommit: source.commit}}],
    predicateType: evidenceType,
    predicate: said,
  }
}

const keyOf = (record: TestRecord['records'][number]) =>
  JSON.stringify([record.test, record.versions, record.values])

function problemsOf({name, failed, commit, changed}: TestRecord, expected: string): Diagnostic[] {
  return [
    ...(failed > 0
      ? [
          problem(
            'H002',
            `${name} had ${failed} failed`,
            'evidence is of whole runs that passed: mend it first',
          ),
        ]
      : []),
    ...(changed
      ? [problem('H003', `${name} ran on files that are in no commit`, 'commit, and run the tests again')]
      : []),
    ...(commit === expected
      ? []
      : [
          problem(
            'H003',
            `${name} ran on the commit ${commit}; this is ${expected}`,
            'check out the commit that was tested',
          ),
        ]),
  ]
}

function problem(code: string, message: string, hint: string): Diagnostic {
  return {code, severity: 'error', message, hint}
}

/** Evidence as a bundle states it, of which nobody knows yet who has signed it. */
export type Stated = Omit<Evidence, 'signer'> & {product: string}

/**
 * Evidence from a bundle whose signature is right, as it stands in the matrix.
 * @throws W011 to W016 it is not signed by whom one trusts, H010 it states something else
 */
export async function verifiedEvidence(
  bundle: Bundle,
  name: string,
  verifier: Verifier,
): Promise<Evidence & {product: string}> {
  await verifier.check(bundle, name)
  const {hint} = bundle.verificationMaterial.publicKey ?? {}
  // A key is known by itself: the file that it lay in is of no use to others.
  return {...statedEvidence(bundle, name), signer: hint ? `the key SHA256:${hint}` : verifier.name}
}

/** What a bundle states, its signature unlooked at. @throws H010 it states something else */
export function statedEvidence(bundle: Bundle, name: string): Stated {
  const statement = statementIn(bundle, name)
  const parsed =
    statement?.predicateType === evidenceType ? predicate.safeParse(statement.predicate) : undefined
  const commit = statement?.subject[0]?.digest.gitCommit
  if (!parsed?.success || commit === undefined || !/^[0-9a-f]{40}$/.test(commit))
    fail({
      code: 'H010',
      message: `${name} is no evidence of tests`,
      expected: `a statement about a Git commit, with the predicate ${evidenceType}`,
    })
  const {product, version, run, finished, records} = parsed.data
  const digest = digestOf(Buffer.from(bundle.dsseEnvelope?.payload ?? '', 'base64'))
  const date = finished.slice(0, 10)
  return {
    id: `run-${date}-${digest.slice(7, 15)}`,
    statement: digest,
    product,
    version,
    commit,
    ...(run ? {run} : {}),
    date,
    records,
  }
}
