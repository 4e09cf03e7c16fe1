/** `node vfio-user-server/native/make.ts` builds the addon, when it has to, and prints where it lies. */
import {runProgram} from '../src/problems.ts'
import {ensureAddon} from './build.ts'

await runProgram(async () => {
  console.log(await ensureAddon())
  return 0
})
