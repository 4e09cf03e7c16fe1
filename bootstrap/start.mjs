/** `npm start`: a real release of what the matrix lists, into dist/, checked from the bottom up. */
import {run} from './house.mjs'

await run('bootstrap/demo.mjs', process.argv.slice(2))
