import {DiagnosticError} from '#lib/diagnostics.ts'
import {KubeError} from '../lib/kube.ts'
import type {Action, Circumstances, Kind, Observation} from '../upgrade/actions/action.ts'
import type {Answer, Call} from '../upgrade/actions/call.ts'
import {complaint, withoutPasswords} from '../upgrade/actions/call.ts'
import {kindOf} from '../upgrade/actions/kinds.ts'
import type {Writer} from './journal.ts'
import {type RunState, stateOf, type TaskState} from './state.ts'
import {isGate, type Task} from './tasks.ts'
import type {Lock, World} from './world.ts'

/** Why a run stands still. */
export type Halt = {
  /** `approval`: a person has to look; `unknown`: a person has to say whether it was done; `failed`: it did not work. */
  kind: 'approval' | 'unknown' | 'failed'
  task: Task
  saw: string
}

export type Tools = {
  world: World
  writer: Writer
  lock: Lock
  helm: 3 | 4
  run: string
  /** How often something in progress is looked at, milliseconds. */
  poll: number
  /** What is seen of the task that is under way. */
  told: (task: Task, saw: string) => void
}

/** What a dead run's orphans may take beyond their own time-out. */
const grace = 30_000

/**
 * Brings one task to its end, whatever the journal and the world say of it: it is looked at before it is done, its
 * intent is on the disk before it is done, and it is never done again unless that is harmless or one sees that it was
 * not done.
 * @returns why it could not; undefined when it is done
 * @throws DiagnosticError Q020 when the lock is lost, before anything is done
 */
export async function doTask(task: Task, tools: Tools): Promise<Halt | undefined> {
  const state = stateNow(tools).of(task.id)
  if (state.kind === 'done') return undefined
  if (task.action.action === 'approve') return {kind: 'approval', task, saw: task.action.question}
  if (isGate(task)) return pass(task, tools)
  return state.kind === 'intent' || state.kind === 'acted'
    ? goOn(task, state, tools)
    : begin(task, state, tools)
}

function stateNow({writer}: Tools): RunState {
  return stateOf(writer.journal.records)
}

/** Waits until a gate holds. */
async function pass(task: Task, tools: Tools): Promise<Halt | undefined> {
  const seen = await settle(task, tools, tools.world.now() + task.timeout, () => observe(task, tools))
  return seen.state === 'applied' ? finish(task, 'run', seen.saw, tools) : giveUp(task, seen.saw, tools)
}

/** A first try, or a new one after a failure. */
async function begin(task: Task, state: TaskState, tools: Tools): Promise<Halt | undefined> {
  const kind = kindOf(task.action)
  // What failed may have been done in part, and nobody can see it.
  if (state.kind === 'failed' && kind.twice(task.action) === 'never')
    return {kind: 'unknown', task, saw: `it failed before: ${state.saw}`}
  const {seen, answers} = await observed(task, tools)
  if (seen.state === 'applied') return finish(task, 'already', seen.saw, tools)
  if (seen.state === 'failed') return giveUp(task, seen.saw, tools)
  const {dying} = stateNow(tools)
  // On the way back it may be what this very run left behind, and that is no reason to stop.
  if (seen.state === 'in-progress' && task.way !== 'forward' && dying !== undefined)
    return takeOver(task, kind.recover ? dying : tools.world.now(), state.attempts + 1, tools)
  if (seen.state === 'in-progress') return waitForOthers(task, tools)
  const mayTry = kind.twice(task.action) === 'harmless' || (kind.blind && state.kind === 'open')
  if (seen.state === 'unknown' && !mayTry) return {kind: 'unknown', task, saw: seen.saw}
  return act(task, state.attempts + 1, seen.saw, answers, tools)
}

/** Somebody else does it or something like it; what they leave is judged when they are done. */
async function waitForOthers(task: Task, tools: Tools): Promise<Halt | undefined> {
  const seen = await settle(task, tools, tools.world.now() + task.timeout, () => observe(task, tools))
  if (seen.state === 'applied') return finish(task, 'already', seen.saw, tools)
  return giveUp(task, `${seen.saw}, and not by this run`, tools)
}

/** After a death between intent and end. */
async function goOn(
  task: Task,
  state: Extract<TaskState, {kind: 'intent' | 'acted'}>,
  tools: Tools,
): Promise<Halt | undefined> {
  const kind = kindOf(task.action)
  const follow = state.kind === 'acted' ? kind.follow?.(task.action, state.answers) : undefined
  if (follow) return end(task, await followed(task, follow, state.since, tools), tools)
  // Nothing tells more than that its calls ended well.
  if (state.kind === 'acted' && kind.look(task.action).length === 0) return finish(task, 'run', 'done', tools)
  return takeOver(task, state.since, state.attempts, tools)
}

/** What a dead run was doing is waited for, cleared away if it hangs, and judged by what is there then. */
async function takeOver(task: Task, since: number, attempt: number, tools: Tools): Promise<Halt | undefined> {
  const kind = kindOf(task.action)
  let {seen, answers} = await observed(task, tools)
  if (seen.state === 'in-progress') {
    seen = await settle(task, tools, since + patienceOf(task), () => observe(task, tools))
    if (seen.state === 'in-progress') {
      const cleared = await recover(task, answers, tools)
      if (!cleared) return giveUp(task, `${seen.saw}, for longer than it may`, tools)
      ;({seen, answers} = await observed(task, tools))
    }
  }
  if (seen.state === 'applied') return finish(task, 'run', seen.saw, tools)
  if (seen.state === 'failed') return giveUp(task, seen.saw, tools)
  const twice = kind.twice(task.action)
  const safe = twice === 'harmless' || (twice === 'observed' && seen.state === 'not-started')
  if (!safe) return {kind: 'unknown', task, saw: `${seen.saw}; the run died while it was being done`}
  return act(task, attempt, seen.saw, answers, tools)
}

/** Intent, act, end. The lock is looked at last of all, so that nothing lies between that look and the act. */
async function act(
  task: Task,
  attempt: number,
  saw: string,
  before: readonly Answer[],
  tools: Tools,
): Promise<Halt | undefined> {
  const {writer, lock, world} = tools
  const kind = kindOf(task.action)
  const undo = kind.undo?.(task.action, before)
  await writer.write({kind: 'intent', task: task.id, attempt, saw, ...(undo ? {undo: [...undo]} : {})})
  await lock.renew()
  const since = world.now()
  const answers = await calls(kind.act(task.action, before, circumstances(task, attempt, tools)), task, tools)
  const verdict = shown(verdictOf(kind, task.action, answers))
  if (verdict.state === 'failed') {
    // A service that says it was done before is as good as one that did it now.
    const {seen, answers: left} =
      kind.twice(task.action) === 'observed' ? await observed(task, tools) : {seen: verdict, answers: []}
    if (seen.state === 'applied') return finish(task, 'run', seen.saw, tools)
    // Cut off, it leaves pending what would block the next try and the way back.
    if (seen.state === 'in-progress' && answers.some(wasCutOff)) await recover(task, left, tools)
    return giveUp(task, verdict.saw, tools)
  }
  const follow = kind.follow?.(task.action, answers)
  await writer.write({
    kind: 'acted',
    task: task.id,
    attempt,
    // What follows it is told by its answers; other answers may hold what nobody wants on a disk.
    answers: follow ? answers.map(shortened) : [],
  })
  if (follow) return end(task, await followed(task, follow, since, tools), tools)
  if (kind.look(task.action).length === 0) return finish(task, 'run', verdict.saw, tools)
  return end(task, await settle(task, tools, since + task.timeout, () => observe(task, tools), true), tools)
}

async function end(task: Task, seen: Observation, tools: Tools): Promise<Halt | undefined> {
  return seen.state === 'applied' ? finish(task, 'run', seen.saw, tools) : giveUp(task, seen.saw, tools)
}

async function finish(task: Task, by: 'run' | 'already', saw: string, {writer}: Tools): Promise<undefined> {
  await writer.write({kind: 'done', task: task.id, by, saw: brief(saw)})
}

async function giveUp(task: Task, saw: string, {writer}: Tools): Promise<Halt> {
  await writer.write({kind: 'failed', task: task.id, saw: brief(saw)})
  return {kind: 'failed', task, saw}
}

async function recover(task: Task, answers: readonly Answer[], tools: Tools): Promise<boolean> {
  const steps = kindOf(task.action).recover?.(task.action, answers, circumstances(task, 1, tools))
  if (!steps) return false
  await tools.lock.renew()
  const answered = await calls(steps, task, tools)
  const wrong = answered.find(({code}) => code !== 0)
  if (wrong) return false
  await tools.writer.write({
    kind: 'recovered',
    task: task.id,
    saw: 'what was left pending was cleared away',
  })
  return true
}

/** What an update's own record says, until it has ended. */
function followed(
  task: Task,
  follow: {look: readonly Call[]; judge: (answers: readonly Answer[]) => Observation},
  since: number,
  tools: Tools,
): Promise<Observation> {
  return settle(task, tools, since + task.timeout, async () =>
    shown(follow.judge(await lookAt(follow.look, task, tools))),
  )
}

/**
 * Looks until something has come to an end, or the time is over.
 * @param acted right after an act what looks not started may not have come through yet
 */
async function settle(
  task: Task,
  tools: Tools,
  until: number,
  look: () => Promise<Observation>,
  acted = false,
): Promise<Observation> {
  const {world, poll, told, lock} = tools
  for (;;) {
    const seen = await look()
    told(task, seen.saw)
    const moving =
      seen.state === 'in-progress' || seen.state === 'unknown' || (acted && seen.state === 'not-started')
    if (!moving || world.now() >= until) return seen
    await world.sleep(poll)
    await lock.renew().catch(error => unlessAway(error, task, tools))
  }
}

/** An upgrade may take the API server itself away for a while. Whoever only looks needs no lock; an act asks for it again. */
function unlessAway(error: unknown, task: Task, {told}: Tools): void {
  if (!isAway(error)) throw error
  told(task, 'the API server does not answer, so the lock is not renewed')
}

/** Whether nobody answers for the cluster, which is not the same as a refusal. */
export function isAway(error: unknown): boolean {
  return error instanceof KubeError
    ? error.status >= 500
    : error instanceof DiagnosticError && error.diagnostics[0]?.code === 'E061'
}

async function observe(task: Task, tools: Tools): Promise<Observation> {
  return (await observed(task, tools)).seen
}

async function observed(task: Task, tools: Tools): Promise<{seen: Observation; answers: readonly Answer[]}> {
  const kind = kindOf(task.action)
  const answers = await lookAt(kind.look(task.action), task, tools)
  return {seen: shown(kind.judge(task.action, answers)), answers}
}

/** What is asked to look; none of it depends on the other. */
async function lookAt(questions: readonly Call[], {timeout}: Task, {world}: Tools): Promise<Answer[]> {
  const answers: Answer[] = []
  for (const question of questions) answers.push(await world.call(question, timeout))
  return answers
}

/** One after the other, and none after one that failed. */
async function calls(steps: readonly Call[], task: Task, {world}: Tools): Promise<Answer[]> {
  const answers: Answer[] = []
  for (const step of steps) {
    const answer = await world.call(step, patienceOf(task))
    answers.push(answer)
    if (!('url' in step) && answer.code !== 0) break
  }
  return answers
}

/** Milliseconds from the intent until a program and its orphans have come to their end. */
function patienceOf({action, timeout}: Task): number {
  return (kindOf(action).patience?.(timeout) ?? timeout) + grace
}

/** By its time limit, or by a signal, as shells count. */
function wasCutOff({code}: Answer): boolean {
  return code === 124 || code > 128
}

/** Everything seen may come to stand in the journal, on a screen and in a report. */
function shown({state, saw}: Observation): Observation {
  return {state, saw: withoutPasswords(saw)}
}

function verdictOf(kind: Kind<Action>, action: Action, answers: readonly Answer[]): Observation {
  if (kind.verdict) return kind.verdict(action, answers)
  const wrong = answers.find(({code}) => code !== 0)
  return wrong ? {state: 'failed', saw: complaint(wrong)} : {state: 'applied', saw: 'done'}
}

function circumstances(task: Task, attempt: number, {helm, run}: Tools): Circumstances {
  return {helm, token: `${run}-${task.id.replaceAll('.', '-')}-${attempt}`, timeout: task.timeout}
}

function shortened({code, stdout, stderr}: Answer): Answer {
  return {code, stdout: stdout.slice(0, 4096), stderr: stderr.slice(0, 1024)}
}

function brief(saw: string): string {
  return saw.length > 500 ? `${saw.slice(0, 500)}…` : saw
}
