/** Builds every Go tool that is missing in the cache: `node testbed/tools/build.ts [names]`. */
import {lineProgress} from '../progress.ts'
import {buildTools} from './tool.ts'
import {goTools, type ToolName} from './tools.ts'

const asked = process.argv.slice(2).filter((name): name is ToolName => Object.hasOwn(goTools, name))
await buildTools(asked.length > 0 ? asked : (Object.keys(goTools) as ToolName[]), {progress: lineProgress()})
