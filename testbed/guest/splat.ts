/** What a kernel says when something is wrong with it. */
const pattern =
  /WARNING: |BUG: |Oops|Call Trace|cut here|KASAN|UBSAN|possible .* lock|DEADLOCK|refcount_t|unreferenced object|use-after-free|list_(?:add|del) corruption|general protection fault|blocked for more than|stalls? on CPU/

/** The lines of a kernel's log that tell of a fault in the kernel or a module, each with some lines after it. */
export function splats(log: string): string[] {
  const lines = log.split('\n')
  return lines.flatMap((line, i) => (pattern.test(line) ? [lines.slice(i, i + 25).join('\n')] : []))
}
