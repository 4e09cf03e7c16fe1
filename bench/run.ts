/**
 * `npm run bench [NAME…] [-- --json]`: every benchmark of this folder, ours and theirs in turn in one run. The figures
 * of one machine on one day say little; the ratios are what counts, and they are meant for an otherwise idle machine.
 */
import {cpus, loadavg} from 'node:os'
import {lineProgress} from '#testbed/progress.ts'
import type {Amount, Bench, Row} from './measure.ts'

const benches: Record<string, () => Promise<{bench: Bench}>> = {
  generate: () => import('./generate.ts'),
  package: () => import('./package.ts'),
  sums: () => import('./sums.ts'),
  gzip: () => import('./gzip.ts'),
  push: () => import('./push.ts'),
  build: () => import('./build.ts'),
  release: () => import('./release.ts'),
  images: () => import('./images.ts'),
  modules: () => import('./modules.ts'),
  upgrade: () => import('./upgrade.ts'),
  doctor: () => import('./doctor.ts'),
  dra: () => import('./dra-driver/bench.ts'),
  'vfio-user': () => import('./vfio-user/bench.ts'),
}

const names = process.argv.slice(2).filter(a => !a.startsWith('-'))
const unknown = names.filter(n => !benches[n])
if (unknown.length > 0) {
  process.stderr.write(
    `there is no bench ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}\n`,
  )
  process.exit(2)
}
const rows: Row[] = []
process.stdout.write(
  `${cpus().length} × ${cpus()[0]?.model}, load ${loadavg()[0]?.toFixed(2)}, node ${process.version}\n\n`,
)
for (const name of names.length > 0 ? names : Object.keys(benches)) {
  const {bench} = await (benches[name] as () => Promise<{bench: Bench}>)()
  for (const row of await bench({progress: lineProgress()})) {
    rows.push(row)
    process.stdout.write(`${line(row)}\n`)
  }
}
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`)
const missed = rows.filter(r => r.ratio?.met === false || r.limit?.met === false)
process.stdout.write(`\n${rows.length - missed.length} of ${rows.length} reach what they should\n`)
process.exitCode = missed.length > 0 ? 1 : 0

function line({what, ours, theirs, ratio, limit, note}: Row): string {
  const against = theirs ? `; ${theirs.name} ${amount(theirs)}` : ''
  const verdict = ratio
    ? `${ratio.value.toFixed(2)}× ${ratio.kind} (reach: ${ratio.kind === 'faster' ? '≥' : '≤'} ${ratio.reach}×)`
    : limit
      ? `(reach: < ${amount(limit)})`
      : ''
  const mark = (ratio ?? limit) === undefined ? ' ' : (ratio?.met ?? limit?.met) ? '✔' : '✖'
  return `${mark} ${what}\n    ${ours.name} ${amount(ours)}${against} ${verdict}${note ? `\n    ${note}` : ''}`
}

function amount(figure: Amount): string {
  const [value, unit] =
    'ms' in figure ? [figure.ms, 'ms'] : 'mib' in figure ? [figure.mib, 'MiB'] : [figure.millicores, 'm']
  return `${value.toFixed(value >= 100 ? 0 : value >= 1 ? 1 : 3)} ${unit}`
}
