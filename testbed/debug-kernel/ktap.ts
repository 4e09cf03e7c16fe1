/** One KUnit case, named `suite.case`. */
export type KtapResult = {name: string; ok: boolean; skipped: boolean}

/**
 * Reads what KUnit wrote into a kernel's log (KTAP, Documentation/dev-tools/ktap.rst): the cases, not the suites. A
 * suite that told fewer cases than it had planned, or failed as a whole, is a failed case of its own name.
 */
export function readKtap(log: string): KtapResult[] {
  const results: KtapResult[] = []
  let suite: {name: string; planned: number; told: number} | undefined
  for (const line of log.split('\n').map(plain)) {
    const [, name] = /^ {4}# Subtest: (.+)$/.exec(line) ?? []
    if (name) suite = {name, planned: -1, told: 0}
    const [, planned] = /^ {4}1\.\.(\d+)$/.exec(line) ?? []
    if (planned && suite) suite.planned = Number(planned)
    const [, indent, state, title, directive] =
      /^( *)(ok|not ok) \d+ (?:- )?([^#]*?)(?: # *(\w+).*)?$/.exec(line) ?? []
    if (indent === undefined || title === undefined) continue
    const ok = state === 'ok'
    if (indent === '    ' && suite) {
      suite.told++
      results.push({name: `${suite.name}.${title}`, ok, skipped: directive?.toUpperCase() === 'SKIP'})
    } else if (indent === '') {
      if (!ok || suite?.name !== title || suite.planned !== suite.told)
        results.push({name: title, ok: false, skipped: false})
      suite = undefined
    }
  }
  if (suite) results.push({name: suite.name, ok: false, skipped: false})
  return results
}

/** Less what dmesg and printk put before a line. */
const plain = (line: string) => line.replace(/^<\d+>/, '').replace(/^\[ *\d+\.\d+\] /, '')
