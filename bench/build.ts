import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {openToolbox} from '#testbed/toolbox/toolbox.ts'
import {type Bench, below} from './measure.ts'
import {timed} from './processes.ts'

const root = join(import.meta.dirname, '..')

/** A build with nothing changed. */
export const bench: Bench = async ({progress}) => {
  await openToolbox({progress})
  const dist = await mkdtemp(join(tmpdir(), 'lockstep-bench-'))
  try {
    const again = {
      name: './lockstep release build',
      run: () => timed([join(root, 'lockstep'), 'release', 'build', '-q', '--out', dist]),
    }
    return [await below('build with nothing changed, whole process', again, 1000)]
  } finally {
    await rm(dist, {recursive: true, force: true})
  }
}
