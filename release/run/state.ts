import type {Action} from '../upgrade/actions/action.ts'
import type {Answer} from '../upgrade/actions/call.ts'
import type {Record, Way} from './record.ts'

/** How far a task is, by the journal alone. */
export type TaskState =
  | {kind: 'open'; attempts: number}
  /** It may have been done, or a part of it. */
  | {kind: 'intent'; attempts: number; since: number}
  | {kind: 'acted'; attempts: number; since: number; answers: readonly Answer[]}
  | {kind: 'failed'; attempts: number; saw: string}
  | {kind: 'done'; attempts: number; by: 'run' | 'already' | 'person'; saw: string; at: number}

export type RunState = {
  readonly way: Way
  /** When each hop was observed to be complete on the way forward. */
  readonly complete: ReadonlyMap<number, number>
  /** Hops that were taken back. */
  readonly back: ReadonlySet<number>
  readonly ended: Extract<Record, {kind: 'end'}> | undefined
  readonly fence: number
  /** Whether anything was taken back or stopped: what the records say of the way forward no longer holds then. */
  readonly returned: boolean
  of(task: string): TaskState
  /** When the newest act began of which neither an end nor a failure is written: the run died in the middle of it. */
  readonly dying: number | undefined
  /** What takes a task back, as it was told before it acted; by the first try, which saw the world as it was. */
  undoOf(task: string): readonly Action[] | undefined
}

/** What a journal says. */
export function stateOf(records: readonly Record[]): RunState {
  const tasks = new Map<string, TaskState>()
  const undo = new Map<string, readonly Action[]>()
  const complete = new Map<number, number>()
  const back = new Set<number>()
  const open: TaskState = {kind: 'open', attempts: 0}
  let way: Way = 'forward'
  let fence = 0
  let returned = false
  let ended: Extract<Record, {kind: 'end'}> | undefined
  for (const record of records) {
    if (record.kind === 'session') {
      way = record.way
      fence = record.fence
      if (record.way !== 'forward' || ended?.outcome !== 'complete') ended = undefined
    } else if (record.kind === 'hop') {
      if (record.way === 'forward') complete.set(record.hop, record.at)
      else if (record.way === 'back') {
        back.add(record.hop)
        returned = true
      }
    } else if (record.kind === 'end') ended = record
    else if ('task' in record) {
      if (record.kind === 'intent' && record.undo && !undo.has(record.task))
        undo.set(record.task, record.undo as Action[])
      if (record.kind === 'intent' && /^(back|emergency)\./.test(record.task)) returned = true
      tasks.set(record.task, next(tasks.get(record.task) ?? open, record))
    }
  }
  return {
    way,
    complete,
    back,
    ended,
    fence,
    returned,
    dying: [...tasks.values()].reduce<number | undefined>(newest, undefined),
    of: task => tasks.get(task) ?? open,
    undoOf: task => undo.get(task),
  }
}

function newest(since: number | undefined, state: TaskState): number | undefined {
  return state.kind === 'intent' || state.kind === 'acted' ? Math.max(since ?? 0, state.since) : since
}

function next(state: TaskState, record: Extract<Record, {task: string}>): TaskState {
  const {attempts} = state
  switch (record.kind) {
    case 'intent':
      return {kind: 'intent', attempts: record.attempt, since: record.at}
    case 'acted':
      return {
        kind: 'acted',
        attempts,
        since: state.kind === 'intent' ? state.since : record.at,
        answers: record.answers,
      }
    case 'done':
      return {kind: 'done', attempts, by: record.by, saw: record.saw, at: record.at}
    case 'failed':
      return {kind: 'failed', attempts, saw: record.saw}
    case 'again':
      return {kind: 'open', attempts}
    case 'recovered':
      return state
  }
}
