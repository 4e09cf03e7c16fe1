/** `npm test`: every tier, one after the other; `npm test -- unit guest` runs some of them. */
import {run} from './house.mjs'

await run('testbed/tiers/run.ts', process.argv.slice(2))
