import type {ActionOf, Kind} from './action.ts'
import {type Call, complaint} from './call.ts'

/** Lines for a shell, one after the other. */
export const commands: Kind<ActionOf<'commands'>> = {
  twice: ({repeatable, done}) => (repeatable ? 'harmless' : done ? 'observed' : 'never'),
  look: ({done}) => (done ? [shell(done.run)] : []),
  judge: ({done}, [answer]) => {
    if (!done || !answer) return {state: 'not-started', saw: 'not yet done by this run'}
    return answer.code === 0 && new RegExp(done.matches).test(answer.stdout.trim())
      ? {state: 'applied', saw: answer.stdout.trim()}
      : {state: 'not-started', saw: answer.code === 0 ? answer.stdout.trim() : complaint(answer)}
  },
  act: ({run}) => run.map(shell),
  verdict: ({matches}, acted) => {
    const wrong = acted.find(({code}) => code !== 0)
    if (wrong) return {state: 'failed', saw: complaint(wrong)}
    const said = acted.at(-1)?.stdout.trim() ?? ''
    if (matches === undefined || new RegExp(matches).test(said)) return {state: 'applied', saw: said}
    return {state: 'failed', saw: `${JSON.stringify(said)} does not match ${matches}`}
  },
}

function shell(line: string): Call {
  return {argv: ['sh', '-c', line], shell: true}
}
