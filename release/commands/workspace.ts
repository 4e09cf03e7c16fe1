import {existsSync} from 'node:fs'
import {dirname, join, relative, resolve} from 'node:path'
import {type Diagnostic, DiagnosticError, fail} from '#lib/diagnostics.ts'
import {parseYaml, type YamlSource} from '#lib/yaml.ts'
import type {Device} from '../generate/device/schema.ts'
import type {Loaded} from '../matrix/load.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import type {ComponentDescriptor} from '../plan/component.ts'
import type {Context} from './command.ts'

/** Everything that people have written, read and found sound. */
export type Workspace = {
  /** The checkout's folder, absolute. */
  root: string
  matrix: Matrix
  source: YamlSource
  components: ComponentDescriptor[]
  device: Device | undefined
}

/** What was read, perhaps with problems; `workspace` is absent when there are errors. */
export type Reading = {workspace: Workspace | undefined; files: string[]; diagnostics: Diagnostic[]}

type Where = Pick<Context, 'cwd' | 'root' | 'matrix' | 'files'>

const defaultMatrix = 'matrix/mock-device.yaml'

/**
 * The checkout's folder: `--root`, else the nearest one upwards that has matrix/ and components/.
 * @throws C010 there is none
 */
export function rootOf(context: Pick<Context, 'cwd' | 'root'>): string {
  const root = findRoot(context)
  if (root !== undefined) return root
  fail(
    {
      code: 'C010',
      message:
        context.root === undefined
          ? `neither ${context.cwd} nor a folder above it is a checkout`
          : `${context.root} is not a checkout`,
      expected: 'a folder that has matrix/ and components/',
      hint: 'go there, or name it with --root DIR',
    },
    2,
  )
}

function findRoot({cwd, root}: Pick<Context, 'cwd' | 'root'>): string | undefined {
  const isRoot = (dir: string) => existsSync(join(dir, 'matrix')) && existsSync(join(dir, 'components'))
  if (root !== undefined) return isRoot(resolve(cwd, root)) ? resolve(cwd, root) : undefined
  for (let dir = resolve(cwd); ; dir = dirname(dir)) {
    if (isRoot(dir)) return dir
    if (dir === dirname(dir)) return undefined
  }
}

/**
 * The matrix alone, for questions that need nothing else; it needs no checkout when `--matrix` names it.
 * @throws DiagnosticError with all of its problems
 */
export async function loadMatrixOnly(context: Where): Promise<{matrix: Matrix; source: YamlSource}> {
  const loaded = await readMatrix(context)
  if (!loaded.value) throw new DiagnosticError(loaded.diagnostics)
  return {matrix: loaded.value, source: loaded.source}
}

/**
 * All that people have written.
 * @throws DiagnosticError with the problems of all files at once
 */
export async function loadWorkspace(context: Where): Promise<Workspace> {
  const {workspace, diagnostics} = await readWorkspace(context)
  if (!workspace) throw new DiagnosticError(diagnostics)
  return workspace
}

/** Reads every file that people write, and collects what is wrong with any of them. */
export async function readWorkspace(context: Where): Promise<Reading> {
  const root = rootOf(context)
  const [matrix, components, device] = await Promise.all([
    readMatrix(context),
    readComponents(context, root),
    readDevice(context, root),
  ])
  const all: Loaded<unknown>[] = [matrix, ...components, ...(device ? [device] : [])]
  const diagnostics = all.flatMap(l => l.diagnostics)
  const files = all.map(l => l.source.file)
  const sound = components.flatMap(c => c.value ?? [])
  if (!matrix.value || all.some(l => l.value === undefined)) return {workspace: undefined, files, diagnostics}
  const workspace = {
    root,
    matrix: matrix.value,
    source: matrix.source,
    components: sound,
    device: device?.value,
  }
  return {workspace, files, diagnostics}
}

async function readMatrix(context: Where): Promise<Loaded<Matrix>> {
  const {loadMatrix} = await import('../matrix/load.ts')
  const path =
    context.matrix === undefined ? join(rootOf(context), defaultMatrix) : resolve(context.cwd, context.matrix)
  return loadMatrix(await readNeeded(context, path), shown(context, path))
}

async function readComponents(context: Where, root: string): Promise<Loaded<ComponentDescriptor>[]> {
  const [{loadShape}, {componentSchema}] = await Promise.all([
    import('../matrix/load.ts'),
    import('../plan/component.ts'),
  ])
  const names = await context.files.list(join(root, 'components'))
  return Promise.all(
    names
      .filter(name => name.endsWith('.yaml') && name !== 'device.yaml')
      .map(async name => {
        const path = join(root, 'components', name)
        const loaded = loadShape(await context.files.read(path), shown(context, path), componentSchema)
        return misnamed(loaded, name)
      }),
  )
}

// A release names descriptors by id, and people look for them by file name.
function misnamed(loaded: Loaded<ComponentDescriptor>, name: string): Loaded<ComponentDescriptor> {
  if (!loaded.value || name === `${loaded.value.id}.yaml`) return loaded
  const problem: Diagnostic = {
    code: 'C012',
    severity: 'error',
    message: `the component ${loaded.value.id} stands in ${name}`,
    place: loaded.source.locate(['id']),
    hint: `rename the file to ${loaded.value.id}.yaml, or correct the id`,
  }
  return {...loaded, value: undefined, diagnostics: [...loaded.diagnostics, problem]}
}

async function readDevice(context: Where, root: string): Promise<Loaded<Device> | undefined> {
  const {deviceFile, loadDevice} = await import('../generate/device/index.ts')
  const path = join(root, deviceFile)
  if (!(await context.files.stat(path))) return undefined
  return loadDevice(await context.files.read(path), shown(context, path))
}

async function readNeeded({cwd, files}: Where, path: string): Promise<Buffer> {
  if (await files.stat(path)) return files.read(path)
  fail(
    {
      code: 'C011',
      message: `${shown({cwd}, path)} is not there`,
      hint: 'name another one with --matrix FILE, or another checkout with --root DIR',
    },
    2,
  )
}

/** A file as it is named to the user: from where they stand, so that a terminal can open it. */
export function shown({cwd}: Pick<Context, 'cwd'>, path: string): string {
  const near = relative(cwd, path)
  return near.startsWith('../../../') ? path : near
}

/** The release version, or undefined; reads just that line, so that a broken matrix does not hide it. */
export async function releaseVersion(context: Where): Promise<string | undefined> {
  return scalarAt(context, ['release', 'version'])
}

/** Where faults are reported to, as the matrix says. */
export async function reportTo(context: Where): Promise<string | undefined> {
  return scalarAt(context, ['product', 'issues'])
}

async function scalarAt(context: Where, path: readonly string[]): Promise<string | undefined> {
  try {
    const root = findRoot(context)
    const file = context.matrix ?? (root && join(root, defaultMatrix))
    if (file === undefined) return undefined
    let value = parseYaml(await context.files.read(resolve(context.cwd, file)), file).value
    for (const key of path) value = (value as Record<string, unknown> | undefined)?.[key]
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}
