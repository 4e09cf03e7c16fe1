import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {build} from '#release/build/build.ts'
import {makeArguments} from '#release/build/builders/module.ts'
import type {BuildContext} from '#release/build/context.ts'
import {unpackHeaders} from '#release/build/headers.ts'
import {Store} from '#release/build/store.ts'
import {plannedKernels} from '#release/commands/plan-inputs.ts'
import {realExec} from '#release/effects/exec.ts'
import {realFiles} from '#release/effects/files.ts'
import {silentProgress} from '#release/effects/progress.ts'
import {cacheDir} from '#release/effects/toolbox/cache.ts'
import {readTree} from '#release/effects/tree.ts'
import {readLock} from '#release/kernels/lock.ts'
import {loadMatrix, loadShape} from '#release/matrix/load.ts'
import {componentSchema} from '#release/plan/component.ts'
import {makePlan} from '#release/plan/make.ts'
import type {RecipeOf, ReleasePlan} from '#release/plan/plan.ts'
import {fetchDeb, openToolbox, type Toolbox} from '#testbed/toolbox/toolbox.ts'
import {type Bench, faster} from './measure.ts'

const root = join(import.meta.dirname, '..')
const count = 6

/** Six kernels' modules through the build, two at once, against `make -j1` for one after the other. */
export const bench: Bench = async ({progress}) => {
  const toolbox = await openToolbox({progress})
  const {plan, bytes} = await modulePlan(toolbox)
  const context = (cache: string): BuildContext => ({
    plan,
    files: realFiles({durable: false}),
    store: new Store(realFiles({durable: false}), `${cache}/store`),
    cache: cacheDir(),
    toolbox: async () => toolbox,
    fetchDeb,
    npmPackage: () => Promise.reject(new Error('a module needs no npm package')),
    readTree: async ({path}) => bytes.get(path) as Buffer,
    progress: silentProgress,
  })
  const recipes = plan.artifacts.map(a => a.recipe as RecipeOf<'module'>)
  const headers = await Promise.all(recipes.map(r => unpackHeaders(r, context(cacheDir()))))
  let cache = ''
  const ours = {
    name: `lockstep, ${count} kernels`,
    before: async () => {
      cache = await mkdtemp(join(tmpdir(), 'lockstep-bench-'))
    },
    run: async () => {
      const start = performance.now()
      await build(plan, context(cache), 2)
      const took = performance.now() - start
      await rm(cache, {recursive: true, force: true})
      return took
    },
  }
  const theirs = {
    name: 'make -j1 in turn',
    run: async () => {
      const start = performance.now()
      for (const [i, recipe] of recipes.entries()) await make(toolbox, recipe, headers[i] as string)
      return performance.now() - start
    },
  }
  return [await faster(`module build for ${count} kernels`, ours, theirs, 1.7, 1)]
}

async function make(toolbox: Toolbox, recipe: RecipeOf<'module'>, headers: string): Promise<void> {
  const script = `cp -r /mnt/driver /build/src && make -j1 -C /usr/src/linux-headers-${recipe.kernel} M=/build/src W=1 "$@" modules`
  const {code, stderr} = await toolbox.run(
    ['sh', '-c', script.replace('/mnt/driver', '/build/driver'), 'make', ...makeArguments(recipe)],
    {
      binds: [
        {from: headers, to: '/usr/src', readonly: true},
        {from: join(root, 'kernel-driver'), to: '/build/driver', readonly: true},
      ],
    },
  )
  if (code !== 0) throw new Error(stderr.toString())
}

/** The real release's plan, modules only. */
async function modulePlan(
  toolbox: Toolbox,
): Promise<{plan: ReleasePlan; bytes: ReadonlyMap<string, Buffer>}> {
  const [matrixFile, lockFile, componentFile] = [
    'matrix/mock-device.yaml',
    'matrix/kernels.lock.yaml',
    'components/kernel-driver.yaml',
  ]
  const read = async (file: string) => readFile(join(root, file))
  const matrix = (await loadMatrix(await read(matrixFile), matrixFile)).value
  const lock = readLock(await read(lockFile), lockFile).value
  const component = loadShape(await read(componentFile), componentFile, componentSchema).value
  if (!matrix?.release || !lock || !component) throw new Error('run `./lockstep matrix lint`')
  const tree = await readTree(root, realExec)
  const plan = makePlan({
    matrix: {...matrix, release: {...matrix.release, components: [component.id]}},
    components: [component],
    kernels: plannedKernels(matrix.kernels, lock).slice(0, count),
    base: lock.base,
    runtime: lock.runtime,
    tree: tree.files,
    npm: new Map(),
    toolbox: toolbox.digest,
    lock: 'committed',
  })
  return {
    plan: {...plan, artifacts: plan.artifacts.filter(a => a.recipe.kind === 'module')},
    bytes: tree.bytes,
  }
}
