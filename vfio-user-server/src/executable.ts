/**
 * Both programs in one file: called `mock-accel-ctl` (a link will do) it is that one, and so is
 * `mock-accel-server ctl …`.
 */
import {basename} from 'node:path'
import {main as control} from './ctl.ts'
import {main as serve} from './main.ts'
import {runProgram} from './problems.ts'

const args = process.argv.slice(2)
if (basename(process.argv0).startsWith('mock-accel-ctl')) void runProgram(() => control(args))
else if (args[0] === 'ctl') void runProgram(() => control(args.slice(1)))
else void runProgram(() => serve(args))
