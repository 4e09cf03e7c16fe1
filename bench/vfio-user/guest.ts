import {startMachine} from '#testbed/guest/machine.ts'
import {personFiles, standardTopology} from '#testbed/guest/person.ts'
import {below, type Row} from '../measure.ts'

/**
 * From nothing, with what is compiled in the cache: server, QEMU (TCG), kernel, module, until the guest lists the two
 * PFs and four VFs.
 */
export async function powerOn(rounds: number): Promise<Row> {
  const ours = {
    name: 'power on to six devices',
    async run() {
      const start = performance.now()
      const machine = await startMachine({
        line: 'debian-13-cloud-amd64',
        topology: standardTopology,
        files: personFiles({module: true}),
      })
      const count = await machine.guest.get('ls /sys/class/mock-accel | wc -l')
      const took = performance.now() - start
      await machine.stop()
      if (count !== '6') throw new Error(`the guest lists ${count} devices instead of 6`)
      return took
    },
  }
  return below('a guest with two PFs and two VFs of each', ours, 12_000, rounds)
}
