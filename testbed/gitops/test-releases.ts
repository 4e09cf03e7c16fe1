/** Small releases of this checkout in a registry, by the project's own code: what the controllers take. */
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {distFiles, writeDist} from '#release/build/dist.ts'
import {generatedFiles} from '#release/commands/generated.ts'
import {isImageOf, partOfPlan} from '#release/commands/part-of-plan.ts'
import {planRelease} from '#release/commands/plan-inputs.ts'
import {buildPlan} from '#release/commands/release-build.ts'
import {quietContext} from '#release/commands/testing.ts'
import {loadWorkspace, neededLock, type Workspace} from '#release/commands/workspace.ts'
import {draftChanges} from '#release/cut/prepare-changes.ts'
import {raiseMatrix} from '#release/cut/prepare-matrix.ts'
import {openTarget} from '#release/effects/open-target.ts'
import {openToolbox} from '#release/effects/toolbox/toolbox.ts'
import {changesSchema} from '#release/generate/docs/changes.ts'
import type {GeneratedFile} from '#release/generate/file.ts'
import {loadMatrix, loadShape} from '#release/matrix/load.ts'
import {publish} from '#release/publish/publish.ts'
import {readStaged} from '#release/publish/staged.ts'

export type PublishedRelease = {
  version: string
  /** Everything that this release generates, deploy/ among it, with `registry` in all names. */
  files: readonly GeneratedFile[]
  /** A kernel that has a module image, and the image. */
  kernel: string
  /** The text of a generated file. */
  text(path: string): string
}

const context = quietContext(process.env)
const driver = 'mock-accel-dra-driver'

/**
 * Builds and publishes chart, manifests, the driver's image and the module's for one kernel.
 * @param registry a registry and a prefix, `127.0.0.1:5000/owner`, which stands in all generated names
 * @param dir an empty folder
 */
export async function publishRelease(
  version: string,
  registry: string,
  dir: string,
): Promise<PublishedRelease> {
  const workspace = await raised(await loadWorkspace(context), version, registry)
  const planned = await planRelease(workspace, context, await openToolbox())
  const kernel = neededLock(workspace).lines['debian-13-amd64']?.[0]?.kernel ?? ''
  const isKernel = isImageOf([kernel])
  const plan = partOfPlan(
    planned.plan,
    one =>
      ['chart', 'manifests'].includes(one.recipe.kind) || one.oci?.repository === driver || isKernel(one),
  )
  const {store, built} = await buildPlan({...planned, plan}, 2, context)
  await writeDist(dir, distFiles(plan, built.outputs), store, context.files)
  const target = openTarget(registry, {...context, fetch})
  await publish(await readStaged(dir, context.files), target, context.progress)
  const files = await generatedFiles(workspace)
  const text = (path: string) => {
    const found = files.find(file => file.path === path)
    if (!found) throw new Error(`${path} is not generated`)
    return found.text
  }
  return {version, files, kernel, text}
}

/** The checkout's data at another version and registry, as `release prepare` would raise it. */
async function raised(workspace: Workspace, version: string, registry: string): Promise<Workspace> {
  const file = 'matrix/mock-device.yaml'
  const before = await readFile(join(workspace.root, file), 'utf8')
  const {release, product} = workspace.matrix
  if (!release) throw new Error('the matrix has no release')
  const {date, channel} = release
  const text = raiseMatrix(before, file, {component: product.component, version, date, channel})
  const {value, diagnostics} = await loadMatrix(
    Buffer.from(text.replaceAll(release.registry, registry)),
    file,
  )
  if (!value) throw new Error(diagnostics.map(d => d.message).join('\n'))
  const there = workspace.changes.some(one => one.version === version)
  const draft = loadShape(draftChanges(version, [], []), 'draft', changesSchema).value
  return {
    ...workspace,
    matrix: value,
    changes: there || !draft ? workspace.changes : [...workspace.changes, draft],
  }
}
