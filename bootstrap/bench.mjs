/** `npm run bench`: ratios, side by side. */
import {run} from './house.mjs'

await run('bench/run.ts', process.argv.slice(2))
