import {fail} from '#lib/diagnostics.ts'
import {evidenceReferrerType, packEvidence} from '../evidence/referrers.ts'
import {statedEvidence} from '../evidence/statement.ts'
import {pushPacked} from '../lib/oci/copy.ts'
import type {Run} from './command.ts'
import {evidenceFileAt, releaseAt} from './evidence-files.ts'
import {print} from './output.ts'
import {outsideOf} from './release-world.ts'
import {isLayout} from './target.ts'
import {versionOf} from './version-word.ts'
import {loadWorkspace} from './workspace.ts'

/** Hangs evidence onto the release of the commit that it is of. */
export const run: Run = async (args, context) => {
  const [file = '', word] = args.words
  const version = versionOf(word)
  const workspace = await loadWorkspace(context)
  const {matrix} = workspace
  const {bundle, name} = await evidenceFileAt(file, context)
  const evidence = statedEvidence(bundle, name)
  if (evidence.product !== matrix.product.id || evidence.version !== version)
    fail({
      code: 'H011',
      message: `${name} is of ${evidence.product} ${evidence.version}`,
      expected: `${matrix.product.id} ${version}`,
    })
  const {git} = outsideOf(workspace, args, context)
  const tagged = await git.tagThere(`v${version}`)
  if (tagged !== undefined && tagged !== evidence.commit)
    fail({
      code: 'H003',
      message: `${name} is of the commit ${evidence.commit}; v${version} is ${tagged}`,
      hint: 'take the evidence that CI has written for the commit of the tag',
    })
  const {repository, release} = await releaseAt(version, matrix, args, context)
  const packed = packEvidence(release, bundle)
  const there = (await repository.referrers(release.digest)).some(r => r.digest === packed.descriptor.digest)
  const acts = args.flag('yes') || isLayout(args.text('to') ?? '')
  if (acts && !there) await pushPacked(repository, packed)
  const state = there ? 'done' : acts ? 'pushed' : 'open'
  const result = {version, repository: repository.name, digest: packed.descriptor.digest, state}
  print(context, result, () => {
    const call = `PUT ${evidenceReferrerType} on ${repository.name}@${release.digest}`
    return there
      ? `${version} has this evidence already\n`
      : acts
        ? `${version} has this evidence now: ${call}\n`
        : `a dry run: ${call}; run it again with --yes to do so\n`
  })
  return 0
}
