/** Builds the Go tools that are missing in the cache: `node testbed/tools/build.ts [NAME…]`. */
import {script} from '../script.ts'
import {buildTools} from './tool.ts'
import {type GoTool, goTools, type ToolName} from './tools.ts'

const asked = process.argv.slice(2).filter((name): name is ToolName => Object.hasOwn(goTools, name))
const all = (Object.keys(goTools) as ToolName[]).filter(name => !(goTools[name] as GoTool).lazy)
script(progress => buildTools(asked.length > 0 ? asked : all, {progress}))
