import {planMermaid} from '../upgrade/render/mermaid.ts'
import {planSvg} from '../upgrade/render/svg.ts'
import type {Run} from './command.ts'
import {print} from './output.ts'
import {planInput} from './plan-input.ts'

export const run: Run = async (args, context) => {
  const plan = await planInput(args.words[0] ?? '', context)
  print(context, plan, () => (args.text('as') === 'mermaid' ? planMermaid(plan) : planSvg(plan)))
  return 0
}
