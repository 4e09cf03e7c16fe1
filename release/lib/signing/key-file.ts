import {createPrivateKey, type KeyObject, sign} from 'node:crypto'
import {fail} from '#lib/diagnostics.ts'
import {hash} from './module-signature.ts'
import {type ModuleSigner, type SigningCertificate, signerOf} from './signer.ts'

/**
 * Signs with a private key in PEM form; no other program sees the key.
 * @param name the file, as messages call it; nothing of its content is ever told
 * @throws S010 the key can't be read, S011 it is not the certificate's
 */
export function keyFileSigner(
  pem: Uint8Array,
  name: string,
  certificate: SigningCertificate,
  passphrase: string | undefined,
): ModuleSigner {
  const key = readKey(pem, name, passphrase)
  return signerOf(certificate, async data => sign(hash, data, key), name)
}

function readKey(pem: Uint8Array, name: string, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey({key: Buffer.from(pem), ...(passphrase === undefined ? {} : {passphrase})})
  } catch {
    // The cause might quote what it has read.
    fail({
      code: 'S010',
      message: `${name} can't be read as a private key`,
      expected: 'a private key, PEM',
      hint: 'the passphrase of an encrypted key is taken from KBUILD_SIGN_PIN',
    })
  }
}
