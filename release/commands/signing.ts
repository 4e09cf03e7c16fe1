import {fail} from '#lib/diagnostics.ts'
import {keyFileSigner} from '../lib/signing/key-file.ts'
import {isPkcs11, pkcs11Signer} from '../lib/signing/pkcs11.ts'
import {
  isDeterministic,
  type ModuleSigner,
  readCertificate,
  type SigningCertificate,
} from '../lib/signing/signer.ts'
import type {Args, Context} from './command.ts'
import {renderProblems} from './problems.ts'
import {readGiven} from './read-files.ts'

/**
 * The signer that `--sign-key` and `--sign-cert` ask for. The key is read here and given to nobody else.
 * @throws S004 one is given without the other, S001 to S011 one of them can't be used
 */
export async function signerOf(args: Args, context: Context): Promise<ModuleSigner | undefined> {
  const [key, cert] = [args.text('sign-key'), args.text('sign-cert')]
  if (key === undefined && cert === undefined) return undefined
  if (key === undefined || cert === undefined)
    fail(
      {
        code: 'S004',
        message: `--sign-${key === undefined ? 'key' : 'cert'} is missing`,
        expected: '--sign-key FILE|pkcs11:URI with --sign-cert FILE',
      },
      2,
    )
  const certificate = await certificateOf(cert, context)
  const pin = context.env.KBUILD_SIGN_PIN || undefined
  if (isPkcs11(key)) return pkcs11Signer(key, certificate, context.exec, pin !== undefined)
  return keyFileSigner(await readGiven(context, key), key, certificate, pin)
}

/** The certificate alone, which is all that a plan needs. */
export async function certificateOf(file: string, context: Context): Promise<SigningCertificate> {
  const certificate = readCertificate(await readGiven(context, file), file)
  if (!isDeterministic(certificate))
    context.err(await renderProblems([notReproducible(file)], context, context.color))
  return certificate
}

function notReproducible(file: string) {
  return {
    code: 'S012',
    severity: 'warning' as const,
    message: `${file} is for an EC key, whose signatures differ each time: images can't be built again with the same bytes`,
    hint: 'use an RSA key when others are to rebuild and compare images; the unsigned modules stay comparable',
  }
}
