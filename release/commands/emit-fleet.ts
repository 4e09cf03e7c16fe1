import {dirname, join, resolve} from 'node:path'
import {type Diagnostic, DiagnosticError, fail} from '#lib/diagnostics.ts'
import {gitBranches} from '../effects/git-branches.ts'
import {
  type ClusterState,
  checkFleet,
  type Fleet,
  fleetSchema,
  openWave,
  type WaveState,
  waveStates,
} from '../emit/fleet.ts'
import {fleetReadme} from '../emit/fleet-readme.ts'
import {standing} from '../emit/standing.ts'
import {loadShape} from '../matrix/load.ts'
import type {Args, Context} from './command.ts'
import {filesOf} from './emit-files.ts'
import {doneSince, type Emitted, formOf, nextCommit, resultText} from './emit-git.ts'
import {checkDone, type Emission, emissionOf, hopsDone} from './emit-inputs.ts'
import {count, print, table} from './output.ts'
import {boundAt, loadSite, type Site} from './site-files.ts'

/** A plan for a fleet: the next hop of each cluster of the open wave, or everything for every cluster in a folder. */
export async function runFleet(file: string, args: Args, context: Context): Promise<0> {
  const emission = await emissionOf(args, context)
  const fleet = await readFleet(file, context)
  const sites = await sitesOf(fleet, file, context)
  checkDone(args, [...sites.keys()])
  const to = args.text('to') ?? 'runbook'
  if (to === 'git' || to === 'pr') return commits(emission, fleet, sites, args, context)
  return folders(emission, fleet, sites, args, context)
}

async function readFleet(file: string, {cwd, files}: Context): Promise<Fleet> {
  const bytes = await files.read(resolve(cwd, file)).catch((cause: unknown) =>
    fail(
      {
        code: 'J132',
        message: `there is no fleet at ${file}`,
        hint: 'docs/guides/emit-upgrades.md tells how to write one',
      },
      2,
      {
        cause,
      },
    ),
  )
  const {value, source, diagnostics} = loadShape(bytes, file, fleetSchema)
  if (!value) throw new DiagnosticError(diagnostics)
  checkFleet(value, source)
  return value
}

async function sitesOf({waves}: Fleet, file: string, context: Context): Promise<ReadonlyMap<string, Site>> {
  const sites = new Map<string, Site>()
  for (const {clusters} of waves)
    for (const {name, bindings} of clusters)
      sites.set(name, await loadSite(context, join(dirname(file), bindings)))
  return sites
}

async function commits(
  emission: Emission,
  fleet: Fleet,
  sites: ReadonlyMap<string, Site>,
  args: Args,
  context: Context,
): Promise<0> {
  const {plan} = emission
  const states = await statesOf(emission, sites, args, context)
  const waves = waveStates(fleet, plan, states, Date.now())
  const form = formOf(args)
  const wave = openWave(waves)
  const emitted: (Emitted & {cluster: string})[] = []
  const held: Diagnostic[] = []
  for (const {name, next} of wave?.clusters ?? []) {
    const site = sites.get(name)
    if (next === undefined || !site) continue
    const parameters = {...site.bindings.parameters, ...emission.parameters}
    try {
      emitted.push({
        cluster: name,
        ...(await nextCommit({...emission, parameters, site}, args, context, name)),
      })
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error
      // What holds one cluster back is told when the others have got their hop.
      held.push(...error.diagnostics.map(d => ({...d, message: `${name}: ${d.message}`})))
    }
  }
  print(context, {waves, emitted}, paint => {
    const rows = waves.map(one => [
      one.name,
      one.state,
      clustersText(one, plan.hops.length),
      one.because ?? '',
    ])
    const texts = emitted.map(
      one => `\n${paint('bold', one.cluster)}\n${resultText(one, form, plan.hops.length, paint)}`,
    )
    return `${table(['wave', 'state', 'hops done', 'why'], rows, paint, context.width)}${texts.join('')}`
  })
  if (held.length > 0) throw new DiagnosticError(held)
  return 0
}

function clustersText({clusters}: WaveState, hops: number): string {
  return clusters.map(({name, done}) => `${name} ${done}/${hops}`).join(', ')
}

async function statesOf(
  {plan, matrix}: Emission,
  sites: ReadonlyMap<string, Site>,
  args: Args,
  context: Context,
): Promise<ReadonlyMap<string, ClusterState>> {
  const base = args.text('base') ?? 'HEAD'
  const states = new Map<string, ClusterState>()
  const problems: Diagnostic[] = []
  for (const [name, site] of sites) {
    const bound = await boundAt(site, base, context)
    const done = hopsDone(args, plan, name)
    const stands = tried(() => standing(plan, bound, matrix, done), name, problems)
    if (!stands) continue
    const branches = gitBranches(site.folder, args.text('remote') ?? 'origin', context.exec)
    const since = await doneSince(plan.hops[stands.done - 1], site, base, branches)
    states.set(name, {name, standing: stands, ...(since === undefined ? {} : {since})})
  }
  if (problems.length > 0) throw new DiagnosticError(problems)
  return states
}

/** What is wrong with one cluster is told with those of the others, in the words of a fleet. */
function tried<T>(work: () => T, cluster: string, problems: Diagnostic[]): T | undefined {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    const own = (text: string) => text.replaceAll(/--done (?=\d)/g, `--done ${cluster}=`)
    for (const one of error.diagnostics)
      problems.push({
        ...one,
        message: `${cluster}: ${own(one.message)}`,
        ...(one.hint === undefined ? {} : {hint: own(one.hint)}),
      })
    return undefined
  }
}

/** Everything for every cluster, below `--out`, with a README that leads through the waves. */
async function folders(
  emission: Emission,
  fleet: Fleet,
  sites: ReadonlyMap<string, Site>,
  args: Args,
  context: Context,
): Promise<0> {
  const out = args.text('out')
  if (out === undefined)
    fail(
      {
        code: 'J133',
        message: 'what is emitted for a fleet is many files',
        hint: '--out names the folder for them',
      },
      2,
    )
  const written: string[] = []
  const write = async (path: string, text: string) => {
    await context.files.write(resolve(context.cwd, out, path), Buffer.from(text))
    written.push(path)
  }
  for (const [i, wave] of fleet.waves.entries())
    for (const {name} of wave.clusters) {
      const site = sites.get(name)
      const parameters = {...site?.bindings.parameters, ...emission.parameters}
      for (const {path, text} of await filesOf({...emission, site, parameters}, args, context))
        await write(join(`${i + 1}-${wave.name}`, name, path), text)
    }
  await write('README.md', fleetReadme(fleet, emission.plan, emission.matrix))
  print(context, {out, files: written}, () => `${count(written.length, 'file')} in ${join(out, '/')}\n`)
  return 0
}
