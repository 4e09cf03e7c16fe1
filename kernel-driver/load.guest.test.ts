import {expect, test} from 'vitest'
import {openToolbox} from '#release/effects/toolbox/toolbox.ts'
import {shows} from '#testbed/evidence.ts'
import {bootGuest} from '#testbed/guest/boot.ts'
import {imageOf, moduleFor, moduleVersion, newestKernels} from '#testbed/guest/module.ts'

/*
 * The module as the release builds it, in the kernels that it is built for, without a device: it comes, shows
 * its class and its driver, and goes without a trace.
 */

const kernels = newestKernels()

const script = `
echo start of test > /dev/kmsg
for n in 1 2 3; do
  insmod /mock-accel.ko || exit 1
  ls -1d /sys/class/mock-accel /sys/bus/pci/drivers/mock_accel || exit 2
  cat /sys/module/mock_accel/version
  grep -o mock-accel /proc/devices || exit 3
  rmmod mock_accel || exit 4
  for trace in /sys/class/mock-accel /sys/bus/pci/drivers/mock_accel /sys/module/mock_accel; do
    [ ! -e $trace ] || exit 5
  done
  ! grep mock-accel /proc/devices || exit 6
done
dmesg | sed '1,/start of test/d'
`

test.for(kernels.filter(k => k.kernel.arch === 'amd64'))(
  '$line: $kernel.kernel loads and unloads it',
  async ({line, kernel}, context) => {
    const path = await moduleFor({line, kernel})
    const guest = await imageOf({line, kernel})
    const {release, results} = await bootGuest({
      kernel: guest.image,
      files: {'mock-accel.ko': {from: path}},
      script,
    })
    const lines = results.output.split('\n')
    const round = ['/sys/bus/pci/drivers/mock_accel', '/sys/class/mock-accel', moduleVersion, 'mock-accel']
    expect(lines.slice(0, 12)).toEqual([...round, ...round, ...round])
    expect(results.code).toBe(0)
    const log = lines.slice(12).join('\n')
    // A module from outside the kernel taints it, and says so; nothing else may be said.
    expect(log).toMatch(/mock_accel: loading out-of-tree module taints kernel/)
    expect(log.match(/mock[_-]accel.*/g)?.filter(text => !/taint/.test(text)) ?? []).toEqual([])
    expect(log).not.toMatch(/WARNING|BUG|Oops|Call Trace|cut here/)
    shows(context, [line], {linux: release})
  },
)

test.each(kernels.filter(k => k.kernel.arch === 'arm64'))(
  '$line: $kernel.kernel is what the cross-compiled module is for',
  async ({line, kernel}) => {
    const toolbox = await openToolbox()
    const path = await moduleFor({line, kernel})
    const told = async (field: string) => {
      const binds = [{from: path, to: '/build/m.ko', readonly: true}]
      return (await toolbox.run(['modinfo', '-F', field, '/build/m.ko'], {binds})).stdout.toString().trim()
    }
    const vermagic = (await told('vermagic')).split(' ')
    expect([vermagic[0], vermagic.at(-1)]).toEqual([kernel.kernel, 'aarch64'])
    expect(await told('version')).toBe(moduleVersion)
    expect(await told('firmware')).toBe('mock-accel-wordlist.txt')
    const aliases = (await told('alias')).split('\n').map(alias => alias.replace(/sv.*/, ''))
    expect(aliases.sort()).toEqual(['pci:v00001DE5d00000001', 'pci:v00001DE5d00000002'])
  },
)
