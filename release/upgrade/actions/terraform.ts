import type {ActionOf, Kind} from './action.ts'
import {type Call, complaint, shellLine} from './call.ts'

/** What `terraform-plan` leaves for `terraform-apply`, in the folder. */
const planFile = 'upgrade.tfplan'

export const init: Kind<ActionOf<'terraform-init'>> = {
  twice: () => 'harmless',
  look: () => [],
  judge: () => ({state: 'not-started', saw: 'not yet done by this run'}),
  act: ({folder, upgrade}) => [terraform(folder, 'init', '-input=false', ...(upgrade ? ['-upgrade'] : []))],
}

export const plan: Kind<ActionOf<'terraform-plan'>> = {
  twice: () => 'harmless',
  look: () => [],
  judge: () => ({state: 'not-started', saw: 'not yet done by this run'}),
  act: ({folder, targets}) => [
    terraform(folder, 'plan', '-input=false', `-out=${planFile}`, ...targets.map(t => `-target=${t}`)),
  ],
}

export const apply: Kind<ActionOf<'terraform-apply'>> = {
  twice: () => 'observed',
  look: ({folder, targets}) => [
    terraform(folder, 'plan', '-input=false', '-detailed-exitcode', ...targets.map(t => `-target=${t}`)),
  ],
  judge: (_, [answer]) => {
    if (answer?.code === 0) return {state: 'applied', saw: 'no changes'}
    if (answer?.code === 2) return {state: 'not-started', saw: 'there are changes'}
    if (answer?.stderr.includes('acquiring the state lock'))
      return {state: 'in-progress', saw: 'somebody holds the lock of the state'}
    return {state: 'unknown', saw: answer ? complaint(answer) : 'nobody looked'}
  },
  act: ({folder, targets, saved}) => [
    saved
      ? terraform(folder, 'apply', '-input=false', planFile)
      : terraform(folder, 'apply', '-input=false', '-auto-approve', ...targets.map(t => `-target=${t}`)),
  ],
  // A person is shown the changes and asked by terraform itself.
  script: ({folder, targets, saved}) => [
    shellLine(terraform(folder, 'apply', ...(saved ? [planFile] : targets.map(t => `-target=${t}`)))),
  ],
}

function terraform(folder: string, ...args: string[]): Call {
  return {argv: ['terraform', ...args], ...(folder === '.' ? {} : {folder})}
}
