/** Keys for tests; nothing of them is worth keeping. */
import {createPublicKey, generateKeyPairSync, type KeyObject} from 'node:crypto'
import type {BuildSource} from './provenance.ts'
import {keyFileSigner, type Signer} from './signer.ts'
import {keyVerifier, type Verifier} from './verifier.ts'

export type TestSigner = {signer: Signer; verifier: Verifier; privateKey: string; publicKey: KeyObject}

export function testSigner(name = 'release.key'): TestSigner {
  const {privateKey} = generateKeyPairSync('ec', {namedCurve: 'P-256'})
  const pem = privateKey.export({format: 'pem', type: 'pkcs8'}).toString()
  const publicKey = createPublicKey(pem)
  return {
    signer: keyFileSigner(Buffer.from(pem), name, undefined),
    verifier: keyVerifier(publicKey, `${name}.pub`),
    privateKey: pem,
    publicKey,
  }
}

export const testSource: BuildSource = {commit: 'c'.repeat(40), builder: 'https://example.com/builder'}
