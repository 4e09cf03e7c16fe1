import {createPublicKey} from 'node:crypto'
import {fail} from '#lib/diagnostics.ts'
import {isPkcs11, pkcs11PublicKey, pkcs11Sign} from '../lib/signing/pkcs11.ts'
import type {Signing} from '../publish/attest.ts'
import type {Staged} from '../publish/staged.ts'
import {keyFileSigner, keySigner, type Signer} from '../trust/signer.ts'
import {keyVerifier, readPublicKey, type Verifier} from '../trust/verifier.ts'
import {sourceOf} from './build-source.ts'
import type {Args, Context, Trust} from './command.ts'
import {trustNames} from './options.ts'
import {readGiven} from './read-files.ts'

/** Where a key's passphrase or a token's PIN comes from: cosign's own variable. */
const passphrase = 'COSIGN_PASSWORD'

/**
 * What `--sign-key` or `--keyless` ask for: a signer, and the commit that the release was built from.
 * @throws W001 to W006 the key or identity can't be used, W040 the checkout is not what was built
 */
export async function signingOf(args: Args, staged: Staged, context: Context): Promise<Signing | undefined> {
  const signer = await publishSigner(args, 'sign-key', context)
  return signer && {signer, source: await sourceOf(staged.plan, context)}
}

/**
 * The signer that one option with a key, or `--keyless`, asks for.
 * @throws W001 to W006 the key or identity can't be used
 */
export async function publishSigner(
  args: Args,
  option: string,
  context: Context,
): Promise<Signer | undefined> {
  const [key, keyless] = [args.text(option), args.flag('keyless')]
  if (key !== undefined && keyless)
    fail({code: 'W005', message: `--${option} and --keyless are both given`, expected: 'one of them'}, 2)
  if (key !== undefined) return signerOf(key, context)
  return keyless ? identitySigner() : undefined
}

async function identitySigner(): Promise<Signer> {
  const {keylessSigner} = await import('../trust/keyless.ts')
  return keylessSigner()
}

async function signerOf(key: string, context: Context): Promise<Signer> {
  const secret = context.env[passphrase] || undefined
  if (!isPkcs11(key)) return keyFileSigner(await readGiven(context, key), key, secret)
  const token = {uri: key, exec: context.exec, ...(secret ? {pinFrom: passphrase} : {})}
  return keySigner(pkcs11Sign(token), createPublicKey(await pkcs11PublicKey(token)), key.split('?')[0] ?? key)
}

/**
 * Whose signatures are to be trusted, by `--key` or by `--identity`, `--issuer` and `--trusted-root`.
 * @returns undefined when nobody is named
 * @throws W001, W004 a file can't be used, W005 it is not clear who is meant
 */
export function verifierOf(args: Args, context: Context): Promise<Verifier | undefined> {
  const given = trustNames.map(name => [name, args.text(name)] as const)
  return verifierFor(Object.fromEntries(given.filter(([, value]) => value !== undefined)), context)
}

/** The same of options that were read already. */
export async function verifierFor(trust: Trust, context: Context): Promise<Verifier | undefined> {
  const read = (file: string) => readGiven(context, file)
  const {key, identity, issuer, 'trusted-root': root} = trust
  const named = [identity, issuer, root]
  if (key !== undefined && named.every(o => o === undefined))
    return keyVerifier(readPublicKey(await read(key), key), key)
  if (key === undefined && identity !== undefined && issuer !== undefined && root !== undefined) {
    const {sigstoreVerifier} = await import('../trust/sigstore-verifier.ts')
    return sigstoreVerifier({identity, issuer}, await read(root), root)
  }
  if ([key, ...named].every(o => o === undefined)) return undefined
  fail(
    {
      code: 'W005',
      message: 'whose signatures to trust is not clear',
      expected: '--key FILE, or --identity URL with --issuer URL and --trusted-root FILE',
    },
    2,
  )
}
