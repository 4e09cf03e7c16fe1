import {expect, test} from 'vitest'
import {packageIndex} from '#release/effects/toolbox/packages.ts'
import {bootGuest} from './boot.ts'
import {clockParameters} from './clock.ts'
import {guestKernel} from './kernel.ts'

async function someKernel() {
  const index = await packageIndex('trixie', 'amd64')
  const deb = index.filter(r => /^linux-image-6\.12\.[^-]+-cloud-amd64$/.test(r.name)).at(-1)
  if (!deb) throw new Error('trixie has no 6.12 cloud kernel')
  return guestKernel(deb)
}

test('boots a distribution kernel, loads a module of it, and brings back output and code', async () => {
  const kernel = await someKernel()
  const {console, results} = await bootGuest({
    kernel: kernel.image,
    modules: [`${kernel.modules}/kernel/lib/crc-itu-t.ko.xz`],
    files: {'etc/deep/hello': 'from the host\n'},
    script: `uname -r; cat /etc/deep/hello; grep -o "^crc_itu_t" /proc/modules; rmmod crc_itu_t
      dmesg | sed -n 's/.*tsc: Detected \\(.*\\) MHz.*/\\1/p' | tail -n 1; exit 7`,
  })
  const [, kilohertz] = /tsc_early_khz=(\d+)/.exec(await clockParameters()) ?? []
  expect(results.output.split('\n')).toEqual([
    ...[kernel.release, 'from the host', 'crc_itu_t'],
    // Told, not found out: on a busy host a guest errs by a factor. The last line is the counter's own.
    (Number(kilohertz) / 1000).toFixed(3),
  ])
  expect(results.code).toBe(7)
  expect(console).toContain('Linux version 6.12')
}, 300_000)

test('a module that does not load is the result, not a hang', async () => {
  const kernel = await someKernel()
  const broken = new URL(import.meta.url).pathname
  const {results} = await bootGuest({kernel: kernel.image, modules: [broken], script: 'echo never'})
  expect(results.code).not.toBe(0)
  expect(results.output).toMatch(/insmod .*failed/)
  expect(results.output).not.toContain('never')
}, 300_000)
