/** Keys and certificates for tests, made by the toolbox's openssl; nothing of them is worth keeping. */
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {openToolbox} from '../../effects/toolbox/toolbox.ts'

export type TestKey = {
  dir: string
  key: string
  certificate: string
  /** Runs a program of the toolbox in the folder with the key; throws when it fails. */
  run(...command: string[]): Promise<string>
  remove(): void
}

/** @param kind as `openssl genpkey` wants it */
export async function testKey(
  kind: readonly string[] = ['RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
): Promise<TestKey> {
  const dir = mkdtempSync(join(tmpdir(), 'signing-'))
  const toolbox = await openToolbox()
  const run = async (...command: string[]) => {
    const env = {SOFTHSM2_CONF: '/build/softhsm2.conf'}
    const {code, stdout, stderr} = await toolbox.run(command, {
      binds: [{from: dir, to: '/build'}],
      cwd: '/build',
      env,
    })
    if (code !== 0) throw new Error(`${command.join(' ')}: ${stderr}`)
    return stdout.toString()
  }
  await run('openssl', 'genpkey', '-algorithm', ...kind, '-out', 'key.pem')
  const names = ['-subj', '/O=Example/CN=module signing test', '-addext', 'keyUsage=digitalSignature']
  await run(
    'openssl',
    'req',
    '-x509',
    '-new',
    '-key',
    'key.pem',
    '-sha256',
    '-days',
    '3650',
    ...names,
    '-out',
    'cert.pem',
  )
  return {
    dir,
    key: readFileSync(join(dir, 'key.pem'), 'utf8'),
    certificate: readFileSync(join(dir, 'cert.pem'), 'utf8'),
    run,
    remove: () => rmSync(dir, {recursive: true, force: true}),
  }
}
