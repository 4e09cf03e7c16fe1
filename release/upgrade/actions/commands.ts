import type {ActionOf, Kind, Observation} from './action.ts'
import {type Answer, type Call, complaint} from './call.ts'

/** Lines for a shell, one after the other. */
export const commands: Kind<ActionOf<'commands'>> = {
  twice: ({repeatable, done}) => (repeatable ? 'harmless' : done ? 'observed' : 'never'),
  blind: true,
  gate: ({poll}) => poll,
  look: ({done, poll, run}) => (poll ? run.map(shell) : done ? [shell(done.run)] : []),
  judge: (action, answers) => {
    if (action.poll) {
      const seen = judgeOutput(action.matches, answers)
      return seen.state === 'failed' ? {...seen, state: 'in-progress'} : seen
    }
    if (!action.done) return {state: 'not-started', saw: 'not yet done by this run'}
    const seen = judgeOutput(action.done.matches, answers)
    // Only what it says tells: when the question itself fails, nobody knows.
    if (answers.length === 0 || answers.some(({code}) => code !== 0)) return {...seen, state: 'unknown'}
    return seen.state === 'failed' ? {...seen, state: 'not-started'} : seen
  },
  act: ({run}) => run.map(shell),
  verdict: ({matches}, acted) => judgeOutput(matches, acted),
}

/** All must end well, and the last one say what is expected. */
function judgeOutput(matches: string | undefined, answers: readonly Answer[]): Observation {
  const wrong = answers.find(({code}) => code !== 0)
  if (wrong) return {state: 'failed', saw: complaint(wrong)}
  const said = answers.at(-1)?.stdout.trim() ?? ''
  if (matches === undefined || new RegExp(matches).test(said)) return {state: 'applied', saw: said}
  return {state: 'failed', saw: `${JSON.stringify(said)} does not match ${matches}`}
}

function shell(line: string): Call {
  return {argv: ['sh', '-c', line], shell: true}
}
