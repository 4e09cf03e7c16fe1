/** `npm start`: a real release of what the matrix lists, into dist/. */
import {run} from './house.mjs'

await run('bootstrap/command.mjs', ['release', 'build', ...process.argv.slice(2)])
