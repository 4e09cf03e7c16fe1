import {fail} from '#lib/diagnostics.ts'
import {pushPacked} from '../lib/oci/copy.ts'
import type {Target} from '../lib/oci/target.ts'
import {ensureSigned} from '../publish/attest.ts'
import {isForward, matrixRepository, matrixTags, packMatrix, type Revision} from '../publish/matrix.ts'
import {trustedStatements} from '../publish/referrers.ts'
import type {Signer} from '../trust/signer.ts'
import {predicates} from '../trust/statement.ts'
import type {Call, Step} from './step.ts'

/**
 * Publishes a state of the matrix: by digest, signed, then under a tag of its own that never moves, then its channel's tag
 * if it goes forward. What is there already is left alone.
 */
export function matrixSteps(revision: Revision, to: Target, signer: Signer | undefined): Step[] {
  const repository = to.repository(matrixRepository(revision.product))
  const packed = packMatrix(revision)
  const {digest} = packed.descriptor
  const {tag, floating} = matrixTags(revision)
  const call = (text: string, state: Call['state']): Call => ({place: 'registry', call: text, state})
  const isSigned = async (own: Signer) =>
    (await trustedStatements(repository, digest, own.own)).statements.some(
      s => s.predicateType === predicates.signature,
    )
  const versionCall = async (): Promise<Call> => {
    const there = await repository.resolve(tag)
    if (there && there.digest !== digest) taken(`${repository.name}:${tag}`, there.digest, digest)
    return call(`PUT ${repository.name}:${tag} ${digest}`, there ? 'done' : 'open')
  }
  const floatingCall = async (): Promise<Call> => {
    const there = await repository.resolve(floating)
    const state =
      there?.digest === digest
        ? 'done'
        : !there || (await isForward(repository, there, revision))
          ? 'open'
          : 'kept'
    return call(`PUT ${repository.name}:${floating} ${digest}`, state)
  }
  return [
    {
      title: 'Matrix, signed, by its day and text',
      look: async () => {
        const version = await versionCall()
        if (!signer) return [version]
        return [
          version,
          call(`PUT signature of ${repository.name}@${digest}`, (await isSigned(signer)) ? 'done' : 'open'),
        ]
      },
      act: async () => {
        await pushPacked(repository, packed)
        if (signer) await ensureSigned(repository, packed.descriptor, signer)
        await repository.tag(tag, packed.descriptor)
      },
    },
    {
      title: 'Floating tag of its channel',
      look: async () => [await floatingCall()],
      act: async () => {
        // Looked at again: another one may have moved it forward meanwhile.
        if ((await floatingCall()).state === 'open')
          await repository.tag(floating, packed.descriptor, {floating: true})
      },
    },
  ]
}

function taken(name: string, there: string, own: string): never {
  fail({
    code: 'P020',
    message: `${name} is published as ${there}; this matrix is ${own}`,
    expected: 'the same text on the same day is the same artifact',
    hint: 'was the file changed back? Publish it with the next change',
  })
}
