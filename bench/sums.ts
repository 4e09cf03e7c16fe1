import {randomBytes} from 'node:crypto'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {hashFiles} from '#release/effects/hash-files.ts'
import {formatSums} from '#release/lib/sums.ts'
import {openToolbox} from '#testbed/toolbox/toolbox.ts'
import {type Bench, faster} from './measure.ts'

const count = 40
const total = 1 << 30

/** SHA256SUMS over 1 GiB in 40 files against trixie's sha256sum, which counts with libcrypto. */
export const bench: Bench = async ({progress}) => {
  const toolbox = await openToolbox({progress})
  const dir = await mkdtemp(join(tmpdir(), 'lockstep-bench-'))
  try {
    const size = Math.floor(total / count)
    const names = Array.from({length: count}, (_, i) => `file-${String(i).padStart(2, '0')}`)
    for (const name of names) await writeFile(join(dir, name), randomBytes(size))
    const ours = {
      name: 'lockstep',
      run: async () => {
        const digests = await hashFiles(names.map(name => ({path: join(dir, name), size})))
        formatSums(names.map((name, i) => [name, digests[i] as NonNullable<(typeof digests)[0]>] as const))
        return undefined
      },
    }
    const theirs = {
      name: 'sha256sum',
      run: async () => {
        // Timed inside, so that entering the root does not count.
        const script = 's=$(date +%s%N); sha256sum * > /dev/null; e=$(date +%s%N); echo $((e - s))'
        const {stdout} = await toolbox.run(['sh', '-c', script], {
          cwd: '/build/files',
          binds: [{from: dir, to: '/build/files', readonly: true}],
        })
        return Number(stdout.toString()) / 1e6
      },
    }
    return [await faster('SHA256SUMS over 1 GiB in 40 files', ours, theirs, 1.4)]
  } finally {
    await rm(dir, {recursive: true, force: true})
  }
}
