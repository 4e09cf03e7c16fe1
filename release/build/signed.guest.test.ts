import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {bootGuest} from '#testbed/guest/boot.ts'
import {imageOf, lineKernel, moduleFor} from '#testbed/guest/module.ts'
import {keyFileSigner} from '../lib/signing/key-file.ts'
import {readCertificate} from '../lib/signing/signer.ts'
import {testKey} from '../lib/signing/testing.ts'

/*
 * Debian's kernels trust only keys that Debian or the machine's firmware vouches for, so that a guest can't come to
 * trust ours. How its kernel refuses tells all the same that it has read the signature and looked for that key.
 */

const load = `
for name in unsigned damaged signed; do
  echo "$name" > /dev/kmsg
  insmod /$name.ko; echo "$name $?"
  if [ -d /sys/module/mock_accel ]; then rmmod mock_accel; fi
done
dmesg | sed -n '/unsigned$/,$p'
`

test('kernels read the signature', async () => {
  const line = lineKernel('debian-13-amd64')
  const made = await testKey()
  const dir = mkdtempSync(join(tmpdir(), 'signed-'))
  try {
    const unsigned = readFileSync(await moduleFor(line))
    const certificate = readCertificate(Buffer.from(made.certificate), 'cert.pem')
    const signed = await keyFileSigner(Buffer.from(made.key), 'key.pem', certificate, undefined).sign(
      unsigned,
    )
    // The first byte of the PKCS #7 message, which follows the module.
    const damaged = Buffer.from(signed)
    damaged[unsigned.length] = 0
    for (const [name, data] of Object.entries({unsigned, damaged, signed}))
      writeFileSync(join(dir, `${name}.ko`), data)
    const files = Object.fromEntries(
      ['unsigned', 'damaged', 'signed'].map(name => [`${name}.ko`, {from: join(dir, `${name}.ko`)}]),
    )
    const {image} = await imageOf(line)
    const boot = async (append: string) => {
      const {results} = await bootGuest({kernel: image, files, script: load, append})
      const section = (name: string, next: string) =>
        results.output.slice(results.output.lastIndexOf(`] ${name}\n`)).split(`] ${next}\n`)[0] ?? ''
      return {
        output: results.output,
        log: {signed: section('signed', 'none'), unsigned: section('unsigned', 'damaged')},
      }
    }
    const free = await boot('module.sig_enforce=0')
    expect(free.output).toMatch(/^unsigned 0$/m)
    expect(free.output).toMatch(/^signed 0$/m)
    expect(free.output).not.toMatch(/^damaged 0$/m)

    const enforced = await boot('module.sig_enforce=1')
    expect(enforced.output).not.toMatch(/^(?:unsigned|damaged|signed) 0$/m)
    expect(enforced.log.unsigned).toContain('Loading of unsigned module is rejected')
    expect(enforced.log.signed).toContain('Loading of module with unavailable key is rejected')
  } finally {
    made.remove()
    rmSync(dir, {recursive: true, force: true})
  }
})
