import {fail} from '#lib/diagnostics.ts'
import type {Exec} from '../effects.ts'
import {hash} from './module-signature.ts'
import {type ModuleSigner, type SigningCertificate, signerOf} from './signer.ts'

/** Whether a key is named by a PKCS #11 URI (RFC 7512). */
export function isPkcs11(key: string): boolean {
  return key.startsWith('pkcs11:')
}

/**
 * Signs with a key in a token, through the `openssl` of this machine and its PKCS #11 provider; the key never
 * leaves the token.
 * @param pin whether KBUILD_SIGN_PIN of the environment holds the token's PIN
 * @throws S003 the URI holds the PIN
 */
export function pkcs11Signer(
  uri: string,
  certificate: SigningCertificate,
  exec: Exec,
  pin: boolean,
): ModuleSigner {
  const [path = '', query = ''] = uri.split('?')
  if (/(?:^|&)pin-value=/.test(query))
    fail(
      {
        code: 'S003',
        message: `the URI of ${path} holds the PIN, which command lines and logs would show`,
        hint: 'put the PIN into KBUILD_SIGN_PIN, or name a file with pin-source=file:PATH',
      },
      2,
    )
  const command = [
    ...['openssl', 'pkeyutl', '-sign', '-rawin', '-digest', hash],
    ...['-provider', 'default', '-provider', 'pkcs11', '-inkey', uri],
    ...(pin ? ['-passin', 'env:KBUILD_SIGN_PIN'] : []),
  ]
  const raw = async (data: Uint8Array) => {
    const {code, stdout, stderr} = await exec.run(command, {stdin: data, timeout: 60_000})
    // Libraries of tokens are known to crash when the process ends; whether the signature is right is judged anyway.
    if ((code === 0 || code >= 128) && stdout.length > 0) return stdout
    fail({
      code: 'S010',
      message: `openssl can't sign with ${path}: ${lastLine(stderr.toString())}`,
      hint: 'is the pkcs11 provider of OpenSSL installed, PKCS11_PROVIDER_MODULE set, and the PIN in KBUILD_SIGN_PIN?',
    })
  }
  return signerOf(certificate, raw, path)
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? ''
}
