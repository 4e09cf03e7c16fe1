import type {Guest} from '../guest/guest.ts'
import {splats} from '../guest/splat.ts'

/** Mounts debugfs, and lets kmemleak forget what the kernel itself may have lost while it booted. */
const begin = `
[ -d /sys/kernel/debug/failslab ] || mount -t debugfs debug /sys/kernel/debug || exit 1
echo scan > /sys/kernel/debug/kmemleak
echo clear > /sys/kernel/debug/kmemleak
`
/** What is younger than five seconds kmemleak does not tell, and one scan may still find a register's copy. */
const end = `
sleep 6
echo scan > /sys/kernel/debug/kmemleak
echo scan > /sys/kernel/debug/kmemleak
cat /sys/kernel/debug/kmemleak
grep -q "debug_locks: *1" /proc/lockdep_stats || echo "lockdep has switched itself off"
`

/**
 * Does something in a debug kernel's guest, and answers what the kernel had against it: leaks found by kmemleak, and
 * every warning on the console (lockdep, KASAN, UBSAN, debug objects, sleeping where one must not, …).
 */
export async function watched(guest: Guest, work: () => Promise<void>): Promise<string[]> {
  await guest.get(begin, 120_000)
  const from = guest.console().length
  await work()
  const leaks = await guest.get(end, 120_000)
  const faults = splats(guest.console().slice(from))
  return leaks ? [...faults, leaks] : faults
}
