/**
 * All checks, tier after tier: `node testbed/tiers/run.ts [--all] [--seconds N] [--record DIR] [TIER…]`. Ends
 * with one line that counts, and with exit code 1 when anything failed. `--all` adds slow tests, which ask for
 * TEST_ALL, and heavy tiers. `--seconds` is how long a soak lasts, which asks for SOAK_SECONDS. `--record` writes what
 * each tier has shown, for `lockstep evidence write`.
 */
import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {parseArgs} from 'node:util'
import {type Count, closingLine, countReport, none, sum} from './count.ts'
import {prepare} from './prepare.ts'
import {root, show} from './processes.ts'
import {recordsOf, sourcesNow, writeRecord} from './record.ts'
import {type Tier, tiers} from './tiers.ts'

const {values, positionals} = parseArgs({
  options: {all: {type: 'boolean'}, seconds: {type: 'string'}, record: {type: 'string'}},
  allowPositionals: true,
})
const unknown = positionals.filter(name => !tiers.some(tier => tier.name === name))
if (unknown.length > 0) {
  process.stderr.write(
    `error[B520]: no tier is called ${unknown.join(', ')}\n  = hint: ${tiers.map(t => t.name).join(', ')}\n`,
  )
  process.exit(2)
}
if (values.all) process.env.TEST_ALL = '1'
const seconds = values.seconds ?? (values.all ? '60' : '600')
if (!/^[1-9]\d{0,5}$/.test(seconds)) {
  process.stderr.write(`error[B523]: --seconds cannot be \`${seconds}\`\n  = hint: give a whole number\n`)
  process.exit(2)
}
process.env.SOAK_SECONDS = seconds

const wanted = tiers.filter(tier =>
  positionals.length === 0 ? values.all || !tier.heavy : positionals.includes(tier.name),
)
const preparation = wanted.some(tier => tier.needs.length > 0)
  ? prepare(new Set(wanted.flatMap(t => t.needs)))
  : undefined
const sources = values.record === undefined ? undefined : await sourcesNow()
const counts: Count[] = []
for (const tier of wanted) counts.push(await timed(tier, () => runTier(tier)))
const total = sum(counts)
for (const name of total.skipped) console.log(`skipped: ${name}`)
console.log(closingLine(total))
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0)

/** How a tier ended, and what its tests have shown. */
type Outcome = Count & {records: ReturnType<typeof recordsOf>}

async function timed(tier: Tier, work: () => Promise<Outcome>): Promise<Count> {
  console.log(`\n━━ ${tier.name}: ${tier.title} (budget ${tier.budget} s)`)
  const start = performance.now()
  const {records, ...count} = await work()
  if (values.record !== undefined && sources)
    await writeRecord(values.record, tier.name, sources, count, records)
  const took = Math.round((performance.now() - start) / 1000)
  console.log(`━━ ${tier.name}: ${closingLine(count)}, took ${took} of ${tier.budget} s`)
  return count
}

/** A tier that can't run here is skipped by name, and a failure where a skipped proof is none: CI. */
async function runTier(tier: Tier): Promise<Outcome> {
  const missing = tier.needs.length > 0 ? await preparation?.(tier.needs) : undefined
  if (missing) {
    console.log(`SKIPPED tier ${tier.name}: ${missing}`)
    const count = process.env.CI === 'true' ? {...none, failed: 1} : {...none, skipped: [`tier ${tier.name}`]}
    return {...count, records: []}
  }
  return tier.checks ? {...(await runChecks(tier.checks())), records: []} : runVitest(tier.name)
}

async function runChecks(checks: readonly {title: string; command: readonly string[]}[]): Promise<Count> {
  const results: Count[] = []
  for (const {title, command} of checks) {
    const code = await show(command)
    console.log(`${code === 0 ? '✓' : '✗'} ${title}`)
    results.push(code === 0 ? {...none, passed: 1} : {...none, failed: 1})
  }
  return sum(results)
}

async function runVitest(tier: string): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'tier-'))
  const file = join(folder, 'report.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  try {
    const code = await show([process.execPath, vitest, 'run', '--passWithNoTests', ...reporters], {
      TIER: tier,
    })
    const report = JSON.parse(await readFile(file, 'utf8').catch(() => '{"testResults":[]}'))
    const count = {...countReport(report, root), records: recordsOf(report)}
    return code !== 0 && count.failed === 0 ? {...count, failed: 1} : count
  } finally {
    await rm(folder, {recursive: true, force: true})
  }
}
