import {expect, test} from 'vitest'
import {memoryFiles} from '../effects/memory-files.ts'
import {pushPacked} from '../lib/oci/copy.ts'
import {blobOf} from '../lib/oci/descriptor.ts'
import {layoutTarget} from '../lib/oci/layout.ts'
import {packArtifact} from '../lib/oci/manifest.ts'
import {bundleBytes, bundleType} from '../trust/bundle.ts'
import {predicates, statementOf} from '../trust/statement.ts'
import {testSigner} from '../trust/testing.ts'
import {claimsOf} from './claims.ts'

const commit = 'c'.repeat(40)

test('provenances tell commit and inputs; a bundle of something else beside them is passed over', async () => {
  const {signer, verifier} = testSigner()
  const repository = layoutTarget(memoryFiles(), '/oci').repository('product')
  const {descriptor, ...rest} = packArtifact({artifactType: 'application/release', layers: []})
  const {digest} = descriptor
  await pushPacked(repository, {descriptor, ...rest})
  const hang = (bytes: Uint8Array) =>
    pushPacked(
      repository,
      packArtifact({
        artifactType: bundleType,
        layers: [blobOf(bytes, bundleType)],
        subject: descriptor,
      }),
    )
  const predicate = {
    buildDefinition: {
      internalParameters: {inputs: {sha256: 'a'.repeat(64)}},
      resolvedDependencies: [{digest: {gitCommit: commit}}],
    },
  }
  const good = await signer.signStatement(statementOf([{digest}], predicates.provenance, predicate))
  await hang(bundleBytes(good))
  const payload = Buffer.from('no statement').toString('base64')
  if (!good.dsseEnvelope) throw new Error('no envelope')
  await hang(bundleBytes({...good, dsseEnvelope: {...good.dsseEnvelope, payload}}))
  const expected = {commits: new Set([commit]), inputs: new Set(['a'.repeat(64)])}
  expect(await claimsOf(repository, digest, undefined)).toEqual(expected)
  expect(await claimsOf(repository, digest, verifier)).toEqual(expected)
  const nobody = {commits: new Set(), inputs: new Set()}
  expect(await claimsOf(repository, digest, testSigner('other').verifier)).toEqual(nobody)
})
