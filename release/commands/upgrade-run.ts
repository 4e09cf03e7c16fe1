import {randomBytes} from 'node:crypto'
import {resolve} from 'node:path'
import {type Diagnostic, DiagnosticError, fail} from '#lib/diagnostics.ts'
import {parseWindow, type Window, windowExample} from '../lib/windows.ts'
import {wayBack} from '../run/back.ts'
import {emergencyTasks} from '../run/emergency.ts'
import type {Tools} from '../run/engine.ts'
import {beginJournal, type Journal, readJournal, writerOf} from '../run/journal.ts'
import {ownedByBindings, ownedLive} from '../run/owner.ts'
import type {Record as JournalRecord, Way} from '../run/record.ts'
import {type Outcome, runBack, runEmergency, runForward} from '../run/run.ts'
import {hear} from '../run/said.ts'
import {stateOf} from '../run/state.ts'
import {planTasks, type RunSite, type Task} from '../run/tasks.ts'
import {begunBy, digestOf, otherParameters, problemsOf} from '../run/vet.ts'
import type {Lock, World} from '../run/world.ts'
import type {Args, Context, Run} from './command.ts'
import {type Emission, emissionOf} from './emit-inputs.ts'
import {withLock} from './upgrade-run-lock.ts'
import {showOutcome, showPreview, tellRecord} from './upgrade-run-text.ts'

/** Everything that the ways of a run go by. */
export type Given = {
  emission: Emission
  site: RunSite
  way: Way
  /** What was written down so far; undefined for a new run. */
  journal: Journal | undefined
  log: Awaited<ReturnType<typeof logOf>>
  world: World
  helm: 3 | 4
}

export const run: Run = async (args, context) => {
  const file = args.text('kubeconfig')
  const env = file === undefined ? context.env : {...context.env, KUBECONFIG: resolve(context.cwd, file)}
  const work = inContext(args.text('context'), env, own => carryOut(args, context, own))
  context.unwinds?.(work)
  return work
}

async function inContext<T>(
  name: string | undefined,
  env: Context['env'],
  work: (env: Context['env']) => Promise<T>,
): Promise<T> {
  if (name === undefined) return work(env)
  const {withContext} = await import('../effects/upgrade/kubecontext.ts')
  return withContext(name, env, work)
}

/** @param env what programs are called with, where the context's own is what clusters are looked up by */
async function carryOut(args: Args, context: Context, env: Context['env']): Promise<0 | 1> {
  const given = await givenOf(args, context, env)
  const {emission, journal, site, way} = given
  const tasks = tasksOn(given)
  const problems = [
    ...problemsOf(tasks),
    ...(way === 'forward' ? ownedByBindings(emission.plan, emission.site?.bindings.bindings ?? []) : []),
  ]
  if (problems.length > 0) throw new DiagnosticError(problems)
  const windows = windowsOf(args)
  if (!args.flag('yes')) return showPreview(given, tasks, context)
  const outcome = await withLock({run: site.run, way, journal}, args, context, async lock => {
    const owned = way === 'forward' ? await ownedLive(tasks, given.world) : []
    if (owned.length > 0) throw new DiagnosticError(owned)
    const tools = await toolsOf(given, lock, context)
    await tools.writer.write({kind: 'session', holder: lock.holder, fence: lock.fence, way})
    const said = {approve: args.list('approve'), done: args.list('done'), again: args.list('again')}
    await hear(said, tasks, tools.writer)
    return go(given, tasks, windows, args.flag('wait'), tools)
  })
  showOutcome(outcome, context, args.words[0] ?? '', way)
  // A timer comes again after a pause; one that comes too late is for people.
  return outcome.kind === 'halted' || (outcome.kind === 'paused' && outcome.late !== undefined) ? 1 : 0

  function tasksOn({emission: {plan}}: Given): Task[] {
    const state = stateOf(journal?.records ?? [])
    if (way === 'forward') return planTasks(plan, site)
    if (way === 'emergency') return emergencyTasks(plan, state, site)
    return wayBack(plan, state, site, Date.now()).hops.flatMap(hop => hop.tasks)
  }
}

function go(
  {emission: {plan}, site, way, journal}: Given,
  tasks: readonly Task[],
  windows: readonly Window[],
  patient: boolean,
  tools: Tools,
): Promise<Outcome> {
  if (way === 'forward') return runForward(plan, site, {windows, patient}, tools)
  if (way === 'emergency') {
    if (tasks.length === 0)
      fail({
        code: 'Q050',
        message: 'there is nothing that this could stop or take back',
        hint: '--abort goes back hop by hop, as far as it is open',
      })
    return runEmergency(tasks, tools)
  }
  const back = wayBack(plan, stateOf(journal?.records ?? []), site, Date.now())
  if (back.hops.length === 0)
    fail({
      code: 'Q050',
      message: back.stays ? `hop ${back.stays.hop.number} stays: ${back.stays.why}` : 'nothing was done yet',
      ...(back.stays ? {hint: `what is left is: ${back.stays.otherwise}`} : {}),
    })
  return runBack(back, tools)
}

/** @throws DiagnosticError of plan, site, journal and options */
async function givenOf(args: Args, context: Context, env: Context['env']): Promise<Given> {
  const emission = await emissionOf(args, context)
  const way = args.flag('emergency') ? 'emergency' : args.flag('abort') ? 'back' : 'forward'
  const path = args.text('journal') ?? `${args.words[0]}.journal`
  const log = await logOf(resolve(context.cwd, path))
  const text = await log.read()
  const goesOn = args.flag('resume') || way !== 'forward'
  // A run that died while it wrote its first record has not begun.
  const journal = text?.includes('\n') ? readJournal(text) : undefined
  if (!journal && goesOn) fail({code: 'Q005', message: `there is no journal at ${path}`}, 2)
  if (journal && !goesOn && args.flag('yes'))
    fail({code: 'Q004', message: `there is a journal at ${path}`, hint: '--resume goes on with its run'}, 2)
  if (journal && journal.header.digest !== digestOf(emission.plan))
    fail({code: 'Q003', message: `the journal at ${path} is of another plan`}, 2)
  if (journal && way === 'forward' && stateOf(journal.records).returned)
    fail(
      {
        code: 'Q009',
        message: `the run of ${path} was taken back, or stopped in an emergency`,
        hint: 'plan again from what runs now, with a journal of its own: --journal names it',
      },
      2,
    )
  const {matrix, parameters} = emission
  const others = journal ? otherParameters(journal.header, parameters) : []
  if (others.length > 0) throw new DiagnosticError(others, 2)
  const site: RunSite = {
    run: journal?.header.run ?? `r${randomBytes(3).toString('hex')}`,
    parameters,
    ...(matrix.release ? {charts: `oci://${matrix.release.registry}/${matrix.release.charts}`} : {}),
  }
  const world = await worldOf(context, env)
  return {emission, site, way, journal, log, world, helm: await helmOf(args, world)}
}

async function logOf(path: string) {
  const {fileLog} = await import('../effects/upgrade/log.ts')
  return fileLog(path)
}

async function worldOf({exec, files, cwd, signal}: Context, env: Context['env']): Promise<World> {
  const {realWorld} = await import('../effects/upgrade/world.ts')
  return realWorld({exec, files, cwd, env, signal, fetch: globalThis.fetch})
}

/** Helm says its version as v4.0.1; where it is not there, no step of Helm's can be done either. */
async function helmOf(args: Args, world: World): Promise<3 | 4> {
  const given = args.text('helm')
  if (given !== undefined) return given === '3' ? 3 : 4
  const said = await world
    .call({argv: ['helm', 'version', '--template', '{{.Version}}']}, 30_000)
    .catch(() => undefined)
  return said?.stdout.startsWith('v3') ? 3 : 4
}

async function toolsOf(given: Given, lock: Lock, context: Context): Promise<Tools> {
  const {emission, journal, log, site, world, helm} = given
  const told = (record: JournalRecord) => tellRecord(record, context)
  const writer = journal
    ? writerOf(journal.header, journal.records, log, world, told)
    : await beginJournal(begunBy(emission.plan, site), log, world, told)
  return {
    world,
    writer,
    lock,
    helm,
    run: site.run,
    poll: 5000,
    told: (task, saw) => {
      if (context.format === 'text' && context.color) context.err(`  ${task.id} ${saw}\n`)
    },
  }
}

/** @throws DiagnosticError Q040, all at once, exit 2 */
function windowsOf(args: Args): Window[] {
  const problems: Diagnostic[] = []
  const windows = args.list('window').flatMap(text => {
    const window = parseWindow(text)
    if (!window)
      problems.push({
        code: 'Q040',
        severity: 'error',
        message: `${JSON.stringify(text)} is no maintenance window`,
        expected: `DAYS FROM-TO [ZONE], such as ${windowExample}`,
      })
    return window ?? []
  })
  if (problems.length > 0) throw new DiagnosticError(problems, 2)
  return windows
}
