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
  /** The driver's image under the name that the chart asks for. */
  image: NodeImage
  version: string
  remove(): Promise<void>
}

const imageName = 'mock-accel-dra-driver'

export async function driverRelease(): Promise<DriverRelease> {
  const dir = await mkdtemp(join(tmpdir(), 'driver-release-'))
  const context = quietContext(process.env)
  const workspace = await loadWorkspace(context)
  const planned = await planRelease(workspace, context, await openToolbox())
  const plan = partOfPlan(
    planned.plan,
    one => one.oci?.repository === imageName || one.recipe.kind === 'chart',
  )
  const {store, built} = await buildPlan({...planned, plan}, 2, context)
  await writeDist(dir, distFiles(plan, built.outputs), store, context.files)
  const charts = (await readdir(join(dir, distPaths.release))).filter(name => name.endsWith('.tgz'))
  const [chart = ''] = charts.map(name => join(dir, distPaths.release, name))
  const layout = join(dir, distPaths.oci, imageName)
  const reference = `ghcr.io/fabiendupont/${imageName}:v${plan.version}`
  return {
    chart,
    image: {...(await dockerArchive(layout, `v${plan.version}`, reference)), name: reference},
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
