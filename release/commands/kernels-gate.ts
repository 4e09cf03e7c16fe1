import {gate} from '../kernels/gate.ts'
import type {Run} from './command.ts'
import {coverageInput} from './kernels-inputs.ts'
import {print} from './output.ts'
import {loadWorkspace} from './workspace.ts'

export const run: Run = async (args, context) => {
  const [kernel = ''] = args.words
  const input = await coverageInput(await loadWorkspace(context), args, context)
  const {exit, ...found} = await gate(kernel, input, args.text('arch'))
  print(context, found, paint => {
    const head = found.allowed ? paint(['green', 'bold'], 'yes') : paint(['red', 'bold'], 'no')
    const may = found.allowed ? 'may be rolled out' : 'must not be rolled out'
    return `${head}: a node image with ${kernel} ${may}\n${found.reasons.map(r => `  ${r}\n`).join('')}`
  })
  return exit
}
