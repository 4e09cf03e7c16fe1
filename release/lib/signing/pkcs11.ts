import {fail} from '#lib/diagnostics.ts'
import type {Exec} from '../effects.ts'
import {hash} from './module-signature.ts'
import {type ModuleSigner, type SigningCertificate, signerOf} from './signer.ts'

/** A key in a token, used through the `openssl` of this machine and its PKCS #11 provider. */
export type TokenKey = {
  /** RFC 7512. */
  uri: string
  exec: Exec
  /** The variable of the environment that holds the token's PIN. */
  pinFrom?: string
}

/** Whether a key is named by a PKCS #11 URI (RFC 7512). */
export function isPkcs11(key: string): boolean {
  return key.startsWith('pkcs11:')
}

/**
 * Signs modules with a key in a token; the key never leaves it.
 * @param pin whether KBUILD_SIGN_PIN of the environment holds the token's PIN
 * @throws S003 the URI holds the PIN
 */
export function pkcs11Signer(
  uri: string,
  certificate: SigningCertificate,
  exec: Exec,
  pin: boolean,
): ModuleSigner {
  const key = {uri, exec, pinFrom: 'KBUILD_SIGN_PIN'}
  return signerOf(certificate, pkcs11Sign(pin ? key : {uri, exec}), pathOf(uri))
}

/**
 * Raw signatures over the SHA-256 of data.
 * @throws S003 the URI holds the PIN; then, when it signs, S010 the token does not
 */
export function pkcs11Sign(key: TokenKey): (data: Uint8Array) => Promise<Buffer> {
  refusePin(key)
  const command = [...['openssl', 'pkeyutl', '-sign', '-rawin', '-digest', hash], ...within(key, '-inkey')]
  return data => run(key, command, 'sign with', data)
}

/** The public half, PEM. @throws S003 the URI holds the PIN, S010 the token does not tell it */
export async function pkcs11PublicKey(key: TokenKey): Promise<Buffer> {
  refusePin(key)
  return run(key, ['openssl', 'pkey', '-pubout', ...within(key, '-in')], 'read the public key of')
}

function within({uri, pinFrom}: TokenKey, option: string): string[] {
  const providers = ['-provider', 'default', '-provider', 'pkcs11']
  return [...providers, option, uri, ...(pinFrom ? ['-passin', `env:${pinFrom}`] : [])]
}

async function run({uri, exec, pinFrom}: TokenKey, command: string[], what: string, stdin?: Uint8Array) {
  const {code, stdout, stderr} = await exec.run(command, {...(stdin ? {stdin} : {}), timeout: 60_000})
  // Libraries of tokens are known to crash when the process ends; whether the answer is right is judged anyway.
  if ((code === 0 || code >= 128) && stdout.length > 0) return stdout
  fail({
    code: 'S010',
    message: `openssl can't ${what} ${pathOf(uri)}: ${lastLine(stderr.toString())}`,
    hint: `is the pkcs11 provider of OpenSSL installed, PKCS11_PROVIDER_MODULE set, and the PIN in ${pinFrom ?? 'the environment'}?`,
  })
}

function refusePin({uri, pinFrom = 'the environment'}: TokenKey): void {
  const [path = '', query = ''] = uri.split('?')
  if (!/(?:^|&)pin-value=/.test(query)) return
  fail(
    {
      code: 'S003',
      message: `the URI of ${path} holds the PIN, which command lines and logs would show`,
      hint: `put the PIN into ${pinFrom}, or name a file with pin-source=file:PATH`,
    },
    2,
  )
}

/** The URI without its query, which may name where the PIN is. */
function pathOf(uri: string): string {
  return uri.split('?')[0] ?? uri
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? ''
}
