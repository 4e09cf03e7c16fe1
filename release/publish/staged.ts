import {DiagnosticError, fail} from '#lib/diagnostics.ts'
import {isDigest} from '../lib/digest.ts'
import type {Files} from '../lib/effects.ts'
import type {Descriptor} from '../lib/oci/descriptor.ts'
import {layoutTarget} from '../lib/oci/layout.ts'
import {isRecord, parseJson} from '../lib/oci/manifest.ts'
import type {Target} from '../lib/oci/target.ts'
import {type Artifact, planSchema, type ReleasePlan} from '../plan/plan.ts'

/** A built release, as it lies in dist/. */
export type Staged = {dir: string; plan: ReleasePlan; layout: Target; artifacts: StagedArtifact[]}
/** An artifact that goes to a registry, with the digest that every one of its tags must have. */
export type StagedArtifact = {artifact: Artifact; oci: NonNullable<Artifact['oci']>; root: Descriptor}

/**
 * Reads a dist/ folder that `release build` has written.
 * @throws P010 there is none, P011 its plan can't be read, P012 its layout lacks an artifact of the plan
 */
export async function readStaged(dir: string, files: Files): Promise<Staged> {
  const path = `${dir}/plan.json`
  if (!(await files.stat(path)))
    fail({
      code: 'P010',
      message: `${dir} holds no built release`,
      hint: 'run `./lockstep release build` first',
    })
  const plan = readPlan(await files.read(path), path)
  const layout = layoutTarget(files, `${dir}/oci`)
  const missing: DiagnosticError[] = []
  const artifacts: StagedArtifact[] = []
  for (const artifact of plan.artifacts) {
    if (!artifact.oci) continue
    const [tag = ''] = artifact.oci.tags
    const root = await layout.repository(artifact.oci.repository).resolve(tag)
    if (root) artifacts.push({artifact, oci: artifact.oci, root})
    else missing.push(absent(dir, artifact, tag))
  }
  if (missing.length > 0) throw new DiagnosticError(missing.flatMap(m => m.diagnostics))
  return {dir, plan, layout, artifacts}
}

/** A plan as it was written. @throws P011 it is no plan, or of a format that this version does not know */
export function readPlan(bytes: Uint8Array, path: string): ReleasePlan {
  const data = parseJson(bytes, path)
  const parsed = planSchema.safeParse(data)
  if (parsed.success) return parsed.data
  const format = isRecord(data) && typeof data.apiVersion === 'string' ? data.apiVersion : 'none'
  const first = parsed.error.issues[0]
  fail({
    code: 'P011',
    message: `${path} is no release plan: ${first?.path.join('.')}: ${first?.message}`,
    expected: `apiVersion lockstep/plan/v1 (found ${format})`,
    hint: 'run `./lockstep release build` again',
  })
}

function absent(dir: string, artifact: Artifact, tag: string): DiagnosticError {
  return new DiagnosticError([
    {
      code: 'P012',
      severity: 'error',
      message: `${dir}/oci/${artifact.oci?.repository} lacks the tag ${tag} of ${artifact.title}`,
      hint: 'run `./lockstep release build` again: it writes what is missing',
    },
  ])
}

/** `digests.json` of a release: what each published artifact's root must be. */
export type Digests = {
  version: string
  artifacts: {id: string; repository: string; tags: string[]; floating?: string[]; digest: string}[]
  /** Kernel modules as they are before they are signed. */
  modules?: {id: string; kernel: string; file: string; digest: string; size: number}[]
  /** Of the modules in images, when they are signed: `sha256:` and the certificate's digest. */
  signature?: {certificate: string}
}

/** @throws P013 not a digests.json */
export function readDigests(bytes: Uint8Array, name: string): Digests {
  const data = parseJson(bytes, name)
  const artifacts = isRecord(data) && data.apiVersion === 'lockstep/digests/v1' ? data.artifacts : undefined
  const sound =
    Array.isArray(artifacts) &&
    artifacts.every(
      a =>
        isRecord(a) &&
        typeof a.repository === 'string' &&
        typeof a.digest === 'string' &&
        isDigest(a.digest) &&
        Array.isArray(a.tags),
    )
  if (sound) return data as Digests
  fail({code: 'P013', message: `${name} is no list of digests`, expected: 'apiVersion lockstep/digests/v1'})
}
