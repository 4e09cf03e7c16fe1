/** `npm run guest`: a shell in a QEMU guest with emulated accelerators. */
import {run} from './house.mjs'

await run('testbed/guest/main.ts', process.argv.slice(2))
