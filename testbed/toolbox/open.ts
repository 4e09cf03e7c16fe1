/** Makes the toolbox root when the cache has none. */
import {openToolbox} from '#release/effects/toolbox/toolbox.ts'
import {script} from '../script.ts'

script(async progress => {
  const {root, lock} = await openToolbox({progress})
  console.error(`toolbox root (${lock} lock): ${root}`)
})
