import type {DeclaredAction} from '../../matrix/schema/actions.ts'
import type {Answer, Call} from './call.ts'

/** Everything that a step can be: what matrices declare, and what their desired states, probes and commands become. */
export type Action =
  | DeclaredAction
  | {action: 'set-image'; image: string; resource: string; namespace?: string | undefined; to: string}
  | {action: 'http'; url: string; status: number}
  | {action: 'promql'; server: string; query: string; holds: string}
  | {
      action: 'commands'
      run: readonly string[]
      /** Of the last one's output. */
      matches?: string | undefined
      done?: {run: string; matches: string} | undefined
      repeatable: boolean
      /** Asked again and again until `matches` holds. */
      poll: boolean
    }

export type ActionOf<Name extends Action['action']> = Extract<Action, {action: Name}>

/**
 * What one sees of an action. `failed` is an end that waiting does not mend; `unknown` is everything that cannot be told,
 * and never taken for anything else.
 */
export type Observation = {
  state: 'applied' | 'in-progress' | 'not-started' | 'failed' | 'unknown'
  saw: string
}

/** What else an action is told when it acts. */
export type Circumstances = {
  /** Helm's major: 3 and 4 name some flags differently. */
  helm: 3 | 4
  /** The same for every try of one step of one run: where a service takes it, two calls are one. */
  token: string
  /** Milliseconds that the step may take. */
  timeout: number
}

/** How an action is done and seen. */
export type Kind<A> = {
  /**
   * `harmless`: acting twice is as good as once. `observed`: acting twice would not be, but one sees whether it was done.
   * `never`: neither; after a crash in the middle of it only a person can tell.
   */
  twice: (action: A) => 'harmless' | 'observed' | 'never'
  /** Tried for the first time, or when a person says so, even where nobody can tell; never after a death. */
  blind?: true
  /** What the calls of `act` may take together, where that is more than the step's time. */
  patience?: (timeout: number) => number
  /** Gates change nothing: they are asked until they hold, or the time is over. */
  gate?: (action: A) => boolean
  /** The questions; an action without any is never seen as applied. */
  look: (action: A) => readonly Call[]
  judge: (action: A, answers: readonly Answer[]) => Observation
  /** @param answers of the look; empty where nobody looked, as for runbooks */
  act: (action: A, answers: readonly Answer[], circumstances: Circumstances) => readonly Call[]
  /** What a person types; by default what `act` calls. */
  script?: (action: A, circumstances: Circumstances) => readonly string[]
  /** Judges what the calls of `act` answered; by default none of them may fail. */
  verdict?: (action: A, acted: readonly Answer[]) => Observation
  /** How to see the end of what `act` began, where its answers tell; the usual look otherwise. */
  follow?: (
    action: A,
    acted: readonly Answer[],
  ) => {look: readonly Call[]; judge: (answers: readonly Answer[]) => Observation} | undefined
  /** What makes it possible again after the program died in the middle, when it stays in progress. */
  recover?: (
    action: A,
    answers: readonly Answer[],
    circumstances: Circumstances,
  ) => readonly Call[] | undefined
  /** What takes it back, from the answers of the look before it; undefined when nothing does. */
  undo?: (action: A, before: readonly Answer[]) => readonly Action[] | undefined
}
