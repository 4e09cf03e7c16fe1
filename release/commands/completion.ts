import type {Run} from './command.ts'
import {bashScript, completionData, fishScript, zshScript} from './completion-scripts.ts'
import {commands} from './table.ts'

const scripts = {bash: bashScript, zsh: zshScript, fish: fishScript}

export const run: Run = async ({words}, context) => {
  const script = scripts[words[0] as keyof typeof scripts]
  context.out(script(completionData(commands)))
  return 0
}
