/** The main job, told step by step: `./lockstep start`. */
import {spawnSync} from 'node:child_process'
import {join} from 'node:path'
import {root} from './house.mjs'

const args = ['start', ...process.argv.slice(2)]
const {status} = spawnSync(join(root, 'lockstep'), args, {cwd: root, stdio: 'inherit'})
process.exit(status ?? 3)
