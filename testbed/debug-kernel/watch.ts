import type {Guest} from '../guest/guest.ts'
import {splats} from '../guest/splat.ts'

/**
 * What a debug kernel's guest needs: time, because each access to memory is looked at, and not SLUB's own checks, which
 * see what KASAN sees.
 */
export const bootOptions = {timeout: 300_000, append: 'slub_debug=-'}

/**
 * Does something in a debug kernel's guest, and answers what the kernel had against it on its console: lockdep, KASAN,
 * UBSAN, debug objects, sleeping where one must not, hung tasks, …
 * @param known warnings with such a line in them, and reports of failed allocations, are the kernel's own affair
 */
export async function faultsOf(
  guest: Guest,
  work: () => Promise<unknown>,
  known?: RegExp,
): Promise<string[]> {
  const from = guest.console().length
  await work()
  const said = guest.console().slice(from)
  return splats(said.replaceAll(warning, text => (known?.test(text) ? '' : text)))
}

const warning =
  /-+\[ cut here \]-+\n[\s\S]*?-+\[ end trace .*|.*(?:vmalloc error|allocation failure): [\s\S]*?<\/TASK>/g

/**
 * What is younger than five seconds kmemleak keeps to itself, and one scan may still find a register's copy.
 * Lockdep ends with its first finding, and then proves nothing.
 */
const look = `
[ -e /sys/kernel/debug/kmemleak ] || mount -t debugfs debug /sys/kernel/debug || exit 1
sleep 6
echo scan > /sys/kernel/debug/kmemleak || exit 2
echo scan > /sys/kernel/debug/kmemleak
cat /sys/kernel/debug/kmemleak
grep -q 'debug_locks: *1' /proc/lockdep_stats || echo 'lockdep has switched itself off'
`

/** What kmemleak found since the boot, with the places that allocated it; empty when nothing leaked and all watched. */
export async function leaks(guest: Guest): Promise<string> {
  return guest.get(look, 300_000)
}
