/** Runs ./lockstep for another bootstrap script. */
import {spawnSync} from 'node:child_process'
import {join} from 'node:path'
import {root} from './house.mjs'

const {status} = spawnSync(join(root, 'lockstep'), process.argv.slice(2), {stdio: 'inherit'})
process.exit(status ?? 3)
