import {setTimeout as sleep} from 'node:timers/promises'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type Machine, paths, readDevices, startMachine} from '#testbed/guest/machine.ts'
import {splats} from '#testbed/guest/splat.ts'

/*
 * What the module survives: a device that hangs, answers late, answers nonsense, or leaves; and a server that
 * dies. One boot per kernel, one PF for each fault.
 */

const lines = ['debian-13-cloud-amd64', 'debian-13-backports-amd64']
const faults = ['stuck', 'refusing', 'pulled', 'late', 'unplugged', 'gone', 'last'] as const
type Fault = (typeof faults)[number]
const topology = `
apiVersion: mock-accel/v1
kind: Topology
devices:
${faults.map(name => `  - {name: ${name}, label: ${name}, vfs: ${name === 'unplugged' ? 2 : 0}}`).join('\n')}
`

const untilClosed = 'until grep -qs close /tmp/held; do sleep 0.1; done; tail -n +2 /tmp/held'

describe.each(lines)('%s', line => {
  let machine: Machine
  let names: Record<string, string>
  const get = (script: string, timeout?: number) => machine.guest.get(script, timeout)
  const told = async (script: string) => (await machine.guest.run(script)).output
  const name = (fault: Fault) => names[fault] ?? ''
  const file = (fault: Fault, attribute: string) => `/sys/class/mock-accel/${name(fault)}/${attribute}`
  const address = (fault: Fault) => get(`cat ${file(fault, 'pci_address')}`)
  /** Starts a program of the guest that waits for something, and returns once it does. */
  const started = (command: string, out: string, word: string) =>
    get(`rm -f ${out}; ${command} > ${out} & until grep -qs ${word} ${out}; do :; done`)

  beforeAll(async () => {
    // An access that is never answered stops a processor for five seconds: that is QEMU's time-out, and no stall.
    const append = 'rcupdate.rcu_cpu_stall_timeout=120 watchdog_thresh=60'
    machine = await startMachine({line, topology, append})
    await get(`insmod ${paths.module}`)
    const devices = Object.entries(await readDevices(machine.guest))
    names = Object.fromEntries(devices.map(([one, {label}]) => [label, one]))
  })
  afterAll(async () => {
    await machine?.stop()
  })

  test('stuck busy: asking again is refused, and who waits is woken when the device is unbound', async () => {
    await machine.server.inject('stuck', 'stuck-busy')
    await started(`exercise block /dev/${name('stuck')}`, '/tmp/block', 'waiting')
    expect(await get(`cat ${file('stuck', 'passphrase_status')}`)).toBe('busy')
    expect(await told(`cat ${file('stuck', 'passphrase')}`)).toMatch(/temporarily unavailable/)
    expect(await told(`echo 1 > ${file('stuck', 'passphrase_generate')}`)).toMatch(/busy/)
    expect(await get(`exercise phrases /dev/${name('stuck')} 4`)).toBe('EBUSY')
    const pci = await address('stuck')
    await get(`echo ${pci} > /sys/bus/pci/drivers/mock_accel/unbind`)
    expect(await get('until grep -qs read /tmp/block; do :; done; tail -n 1 /tmp/block')).toBe('read ENODEV')
    await machine.server.clear('stuck')
    await machine.server.control('reset', {function: 'stuck'})
    await get(`echo ${pci} > /sys/bus/pci/drivers/mock_accel/bind`)
    expect((await get(`exercise phrases /dev/${name('stuck')} 4`)).split('-')).toHaveLength(4)
  })

  test('a reset of the function wakes who waits, and what is made after it is new to who read before', async () => {
    const generate = `echo 1 > ${file('stuck', 'passphrase_generate')}; sleep 1`
    const reset = `echo 1 > /sys/bus/pci/devices/${await address('stuck')}/reset`
    const read = 'head -n 1 <&3'
    const phrases = await get(
      `exec 3< /dev/${name('stuck')}; ${[generate, read, reset, generate, read].join('; ')}; exec 3<&-`,
    )
    expect(phrases.split('\n')).toHaveLength(2)
    await machine.server.inject('stuck', 'stuck-busy')
    await started(`exercise block /dev/${name('stuck')}`, '/tmp/block', 'waiting')
    await get(reset)
    expect(await get('until grep -qs read /tmp/block; do :; done; tail -n 1 /tmp/block')).toBe('read ok')
    await machine.server.clear('stuck')
  })

  test('error replies: EIO for what is read from the device, and all is well when they end', async () => {
    await machine.server.inject('refusing', 'error-replies')
    for (const attribute of [
      'health',
      'status',
      'passphrase_status',
      'passphrase_count',
      'passphrase_length',
    ])
      expect(await told(`cat ${file('refusing', attribute)}`), attribute).toMatch(/Input\/output error/)
    expect(await get(`cat ${file('refusing', 'label')}`)).toBe('refusing')
    expect(await get(`exercise phrases /dev/${name('refusing')} 4`)).toBe('EIO')
    await machine.server.clear('refusing')
    expect(await get(`cat ${file('refusing', 'health')}`)).toBe('ok')
    expect((await get(`exercise phrases /dev/${name('refusing')} 4`)).split('-')).toHaveLength(4)
  })

  test('pulled out, all ones are read: errors, hang-up, no binding; and back again', async () => {
    await started(`exercise hold /dev/${name('pulled')} /tmp/go-pulled`, '/tmp/held', 'open')
    await machine.server.inject('pulled', 'removal')
    for (const attribute of ['health', 'status', 'passphrase_count', 'passphrase'])
      expect(await told(`cat ${file('pulled', attribute)}`), attribute).toMatch(/Input\/output error/)
    expect(await get(`touch /tmp/go-pulled; ${untilClosed}`)).toBe(
      'read EIO\nioctl EIO\npoll err hup\nclose ok',
    )
    const pci = await address('pulled')
    await get(`echo ${pci} > /sys/bus/pci/drivers/mock_accel/unbind`)
    expect(await told(`echo ${pci} > /sys/bus/pci/drivers/mock_accel/bind`)).toMatch(/No such device/)
    await machine.server.clear('pulled')
    await get(`echo ${pci} > /sys/bus/pci/drivers/mock_accel/bind`)
    expect(await get(`cat ${file('pulled', 'health')}`)).toBe('ok')
  })

  // How long it takes is QEMU's time-out again and again, whatever the kernel.
  test.runIf(line === lines[0])('an answer that comes too late costs this device, and no other', async () => {
    const pci = await address('late')
    await machine.server.inject('late', 'late-replies', '7000')
    expect(await told(`cat ${file('late', 'health')}`)).toMatch(/Input\/output error/)
    // The late answer is no answer to anything, and QEMU gives the device up.
    await sleep(3000)
    await machine.server.clear('late')
    expect(await told(`cat ${file('late', 'health')}`)).toMatch(/Input\/output error/)
    // Without a connection QEMU does not wait five seconds for every answer.
    await machine.server.inject('late', 'server-gone')
    expect(await get(`cat ${file('last', 'health')}`)).toBe('ok')
    await get(`echo ${pci} > /sys/bus/pci/drivers/mock_accel/unbind`)
  })

  test('unplugged with VFs on and a descriptor open: all of it leaves', async () => {
    await get(`echo 2 > ${file('unplugged', 'device/sriov_numvfs')}`)
    const held = `exercise hold /dev/${name('unplugged')}v1 /tmp/go-unplugged`
    await started(held, '/tmp/held', 'open')
    const {qmp} = machine.guest
    const devices = (await qmp.command('qom-list', {path: '/machine/peripheral-anon'})) as {
      name: string
      type: string
    }[]
    const number = (one: {name: string}) => Number(one.name.replace(/\D/g, ''))
    const functions = devices
      .filter(d => d.type === 'child<vfio-user-pci>')
      .sort((a, b) => number(a) - number(b))
    // In the order of the topology, VFs before their PF.
    const pf = functions[faults.indexOf('unplugged') + 2]
    await qmp.command('device_del', {id: `/machine/peripheral-anon/${pf?.name}`})
    await get(`until [ ! -e /sys/class/mock-accel/${name('unplugged')} ]; do sleep 0.2; done`)
    expect(await get(`ls /sys/class/mock-accel /dev | grep -c ${name('unplugged')}; true`)).toBe('0')
    expect(await get(`touch /tmp/go-unplugged; ${untilClosed}`)).toBe(
      'read ENODEV\nioctl ENODEV\npoll err hup\nclose ok',
    )
  })

  test('a connection that is gone is a device that is gone; the module can be told to let go', async () => {
    const pci = await address('gone')
    await machine.server.inject('gone', 'server-gone')
    for (const attribute of ['health', 'status', 'passphrase_count'])
      expect(await told(`cat ${file('gone', attribute)}`), attribute).toMatch(/Input\/output error/)
    await get(`echo ${pci} > /sys/bus/pci/drivers/mock_accel/unbind`)
    expect(await get(`cat ${file('last', 'health')}`)).toBe('ok')
  })

  test('the server is killed while devices are held: the guest lives, the module leaves and loads', async () => {
    await machine.server.inject('last', 'stuck-busy')
    await started(`exercise hold /dev/${name('last')} /tmp/go-last`, '/tmp/held', 'open')
    await started(`exercise block /dev/${name('last')}`, '/tmp/block', 'waiting')
    await machine.server.kill()
    expect(await told(`cat ${file('last', 'health')}`)).toMatch(/Input\/output error/)
    expect(await get(`touch /tmp/go-last; ${untilClosed}`)).toBe(
      'read EIO\nioctl EIO\npoll err hup\nclose ok',
    )
    // Now the load: sixteen threads on devices that are all dead.
    await started('exercise hammer 16 /tmp/end', '/tmp/hammer', 'running')
    await get('sleep 2; touch /tmp/end; until grep -qs EIO /tmp/hammer; do sleep 0.1; done', 120_000)
    for (const device of (await get('ls /sys/bus/pci/drivers/mock_accel | grep :')).split('\n'))
      await get(`echo ${device} > /sys/bus/pci/drivers/mock_accel/unbind`)
    expect(await get('until grep -qs read /tmp/block; do sleep 0.1; done; tail -n 1 /tmp/block')).toBe(
      'read ENODEV',
    )
    await get('rmmod mock_accel', 120_000)
    await get(`insmod ${paths.module}`)
    expect(await get('ls /sys/class/mock-accel')).toBe('')
    await get('rmmod mock_accel')
  }, 200_000)

  test('the kernel had nothing to complain about, and powers off', async () => {
    expect(splats(`${machine.guest.console()}\n${await get('dmesg')}`)).toEqual([])
    void machine.guest.run('poweroff -f').catch(() => {})
    await machine.guest.ended
  })
})

/*
 * QEMU 11.1 sets one error on top of another when its server dies with a request still unread in the socket, and
 * aborts (util/error.c). A server that closes in good order reads the rest first; one that is killed cannot. That is QEMU's to mend: a guest that survives is held to everything, a QEMU that ended must
 * have ended of this.
 */
test('connections go, then the server is killed, under load: the guest lives, unless QEMU itself cannot', async () => {
  const machine = await startMachine({line: 'debian-13-cloud-amd64', topology})
  const {guest, server} = machine
  try {
    await guest.get(`insmod ${paths.module}; exercise hammer 16 /tmp/end > /tmp/hammer & sleep 2`)
    await server.inject('gone', 'server-gone')
    await server.inject('pulled', 'server-gone')
    expect(await guest.get('sleep 1; echo alive')).toBe('alive')
    await server.kill()
    const alive = await guest.run('sleep 1; touch /tmp/end; echo alive', 120_000).catch(() => undefined)
    if (alive) {
      expect(alive.output).toBe('alive')
      await guest.get('until grep -qs ok /tmp/hammer; do sleep 0.1; done; rmmod mock_accel', 120_000)
      expect(splats(await guest.get('dmesg'))).toEqual([])
    } else expect(guest.console()).toMatch(/error_setv: Assertion `\*errp == NULL' failed/)
  } finally {
    await machine.stop()
  }
}, 300_000)
