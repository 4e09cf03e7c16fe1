/** The driver's image and the chart, as a release builds them of this checkout. */
import {createHash} from 'node:crypto'
import {mkdir, mkdtemp, readdir, readFile, rename, rm, stat} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {distFiles, distPaths, writeDist} from '#release/build/dist.ts'
import {partOfPlan} from '#release/commands/part-of-plan.ts'
import {planRelease} from '#release/commands/plan-inputs.ts'
import {buildPlan} from '#release/commands/release-build.ts'
import {quietContext} from '#release/commands/testing.ts'
import {loadWorkspace} from '#release/commands/workspace.ts'
import {cacheDir, temporaryName} from '#release/effects/toolbox/cache.ts'
import {openToolbox} from '#release/effects/toolbox/toolbox.ts'
import {archiveImage, type NodeImage} from './images.ts'

export type DriverRelease = {
  /** Path of the chart's archive. */
  chart: string
  /** Under the names that chart and examples ask for, in the order of the wish. */
  images: NodeImage[]
  version: string
  remove(): Promise<void>
}

type ImageName = 'mock-accel-dra-driver' | 'dra-sanity'

/** @param names of the images that nodes shall have */
export async function driverRelease(
  names: readonly ImageName[] = ['mock-accel-dra-driver'],
): Promise<DriverRelease> {
  const dir = await mkdtemp(join(tmpdir(), 'driver-release-'))
  const context = quietContext(process.env)
  const workspace = await loadWorkspace(context)
  const planned = await planRelease(workspace, context, await openToolbox())
  const plan = partOfPlan(
    planned.plan,
    one => names.some(name => name === one.oci?.repository) || one.recipe.kind === 'chart',
  )
  const {store, built} = await buildPlan({...planned, plan}, 2, context)
  await writeDist(dir, distFiles(plan, built.outputs), store, context.files)
  const charts = (await readdir(join(dir, distPaths.release))).filter(name => name.endsWith('.tgz'))
  const [chart = ''] = charts.map(name => join(dir, distPaths.release, name))
  const images: NodeImage[] = []
  for (const name of names) {
    const reference = `ghcr.io/fabiendupont/${name}:v${plan.version}`
    const layout = join(dir, distPaths.oci, name)
    images.push({...(await dockerArchive(layout, `v${plan.version}`, reference)), name: reference})
  }
  return {
    chart,
    images,
    version: plan.version,
    remove: () => rm(dir, {recursive: true}),
  }
}

/** One platform of a layout as a file that carries its name, in the cache. */
async function dockerArchive(layout: string, tag: string, reference: string): Promise<NodeImage> {
  const hash = createHash('sha256')
    .update(await readFile(join(layout, 'index.json')))
    .update(reference)
  const path = join(cacheDir(), 'node-archives', `${hash.digest('hex')}.tar`)
  if (!(await stat(path).catch(() => undefined))) {
    await mkdir(dirname(path), {recursive: true})
    const draft = await temporaryName(path)
    const toolbox = await openToolbox()
    const copied = await toolbox.run(
      [
        ...['skopeo', '--insecure-policy', '--override-arch', 'amd64', 'copy', '-q'],
        ...[`oci:/build/in:${tag}`, `docker-archive:/build/out/${draft.split('/').at(-1)}:${reference}`],
      ],
      {
        binds: [
          {from: layout, to: '/build/in', readonly: true},
          {from: dirname(path), to: '/build/out'},
        ],
      },
    )
    if (copied.code !== 0) throw new Error(`skopeo: ${copied.stderr}`)
    await rename(draft, path)
  }
  return archiveImage(path)
}
