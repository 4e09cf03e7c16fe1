import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {dirname, join, relative, resolve} from 'node:path'
import {type Diagnostic, fail} from '#lib/diagnostics.ts'
import type {Device} from '../generate/device/schema.ts'
import type {Changes} from '../generate/docs/changes.ts'
import type {Lock} from '../kernels/lock-schema.ts'
import type {Loaded} from '../matrix/load.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import type {ComponentDescriptor} from '../plan/component.ts'
import type {Context} from './command.ts'
import {parsed} from './parsed.ts'

/** What finding and reading the checkout needs of a context. */
export type Where = Context

/**
 * The matrix that a checkout releases, from its root: the only one in matrix/, or the one with a `release` section.
 * @throws DiagnosticError C011 there is none, C084 there are several
 */
export function ownMatrix(root: string): string {
  const own = releasedMatrix(root)
  if (own !== undefined) return own
  fail(
    {
      code: 'C011',
      message: 'no matrix in matrix/ has a release section',
      hint: 'write one (docs/guides/write-a-matrix.md), or name one with --matrix FILE',
    },
    2,
  )
}

/** Undefined when there is none. @throws DiagnosticError C084 there are several */
function releasedMatrix(root: string): string | undefined {
  const files = readdirSync(join(root, 'matrix'))
    .filter(name => name.endsWith('.yaml') && name !== 'kernels.lock.yaml')
    .map(name => `matrix/${name}`)
    .sort()
  if (files.length === 1) return files[0]
  // A glance at the text is enough to know the one; it is read and judged later.
  const released = files.filter(file => /^release:/m.test(readFileSync(join(root, file), 'utf8')))
  if (released.length < 2) return released[0]
  fail(
    {
      code: 'C084',
      message: `several matrices of matrix/ have a release section: ${released.join(', ')}`,
      hint: 'a checkout releases one product: take the others apart, or name one with --matrix FILE',
    },
    2,
  )
}

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

export function findRoot({cwd, root}: Pick<Context, 'cwd' | 'root'>): string | undefined {
  const isRoot = (dir: string) => existsSync(join(dir, 'matrix')) && existsSync(join(dir, 'components'))
  if (root !== undefined) return isRoot(resolve(cwd, root)) ? resolve(cwd, root) : undefined
  for (let dir = resolve(cwd); ; dir = dirname(dir)) {
    if (isRoot(dir)) return dir
    if (dir === dirname(dir)) return undefined
  }
}

/** A file as it is named to the user: from where they stand, so that a terminal can open it. */
export function shown({cwd}: Pick<Context, 'cwd'>, path: string): string {
  const near = relative(cwd, path)
  return near.startsWith('../../') ? path : near === '' ? '.' : near
}

/**
 * The matrix that `--matrix` names, a file or in a registry; else the checkout's.
 * @param pinned whether a registry's must be named by its digest: the command does more than answer
 * @throws C011 there is no such file, and what `publishedMatrix` throws
 */
export async function readMatrix(context: Where, memory: boolean, pinned: boolean): Promise<Loaded<Matrix>> {
  const {bytes, file} = await matrixBytes(context, pinned)
  return parsedMatrix(bytes, file, memory)
}

function parsedMatrix(bytes: Buffer, file: string, memory: boolean): Promise<Loaded<Matrix>> {
  const load = async () => (await import('../matrix/load.ts')).loadMatrix(bytes, file)
  return parsed('matrix', bytes, file, load, memory)
}

/** The matrix that is worked on, from the root: what `--matrix` names in the checkout, else the checkout's own. */
export function matrixFile(context: Pick<Context, 'cwd' | 'matrix'>, root: string): string {
  return namedHere(context, root) ?? ownMatrix(root)
}

function namedHere({cwd, matrix}: Pick<Context, 'cwd' | 'matrix'>, root: string): string | undefined {
  if (matrix === undefined || matrix.startsWith('oci://')) return undefined
  const path = relative(root, resolve(cwd, matrix))
  return path.startsWith('../') ? undefined : path
}

/** Where the matrix stands: an absolute path, or `oci://…`. */
export function matrixPath({cwd, matrix, root}: Pick<Context, 'cwd' | 'matrix' | 'root'>): string {
  if (matrix?.startsWith('oci://')) return matrix
  if (matrix !== undefined) return resolve(cwd, matrix)
  const own = rootOf({cwd, ...(root === undefined ? {} : {root})})
  return join(own, ownMatrix(own))
}

/** The other matrices that lie beside the one that is worked on, by name. */
export async function readOtherMatrices(
  context: Where,
  root: string,
  memory: boolean,
): Promise<Loaded<Matrix>[]> {
  const ownPath = namedHere(context, root) ?? releasedMatrix(root)
  const all = await readFolder(context, join(root, 'matrix'), async (bytes, file, name) =>
    `matrix/${name}` === ownPath || name === 'kernels.lock.yaml'
      ? undefined
      : misnamed(await parsedMatrix(bytes, file, memory), name, m => m.product.id, 'product'),
  )
  return all.filter(loaded => loaded !== undefined)
}

async function matrixBytes(context: Where, pinned: boolean): Promise<{bytes: Buffer; file: string}> {
  if (context.matrix?.startsWith('oci://')) {
    const {publishedMatrix} = await import('./matrix-source.ts')
    const {text, name} = await publishedMatrix(context.matrix, pinned, context)
    return {bytes: text, file: name}
  }
  const path = matrixPath(context)
  return {bytes: await readNeeded(context, path), file: shown(context, path)}
}

export async function readComponents(
  context: Where,
  root: string,
  memory: boolean,
): Promise<Loaded<ComponentDescriptor>[]> {
  const load = async (bytes: Buffer, file: string) => {
    const {loadShape} = await import('../matrix/load.ts')
    const {componentSchema} = await import('../plan/component.ts')
    return loadShape(bytes, file, componentSchema)
  }
  const all = await readFolder(context, join(root, 'components'), async (bytes, file, name) =>
    name === 'device.yaml'
      ? undefined
      : misnamed(
          await parsed('component', bytes, file, () => load(bytes, file), memory),
          name,
          c => c.id,
          'id',
        ),
  )
  return all.filter(loaded => loaded !== undefined)
}

export async function readChanges(context: Where, root: string, memory: boolean): Promise<Loaded<Changes>[]> {
  const load = async (bytes: Buffer, file: string) => {
    const {loadShape} = await import('../matrix/load.ts')
    const {changesSchema} = await import('../generate/docs/changes.ts')
    return loadShape(bytes, file, changesSchema)
  }
  return readFolder(context, join(root, 'matrix/changes'), async (bytes, file, name) =>
    misnamed(
      await parsed('changes', bytes, file, () => load(bytes, file), memory),
      name,
      c => c.version,
      'version',
    ),
  )
}

export async function readDevice(
  context: Where,
  root: string,
  memory: boolean,
): Promise<Loaded<Device> | undefined> {
  return readOptional(context, join(root, 'components/device.yaml'), (bytes, file) =>
    parsed(
      'device',
      bytes,
      file,
      async () => (await import('../generate/device/load.ts')).loadDevice(bytes, file),
      memory,
    ),
  )
}

export async function readKernelLock(
  context: Where,
  root: string,
  memory: boolean,
): Promise<Loaded<Lock> | undefined> {
  return readOptional(context, join(root, 'matrix/kernels.lock.yaml'), (bytes, file) =>
    parsed(
      'lock',
      bytes,
      file,
      async () => (await import('../kernels/lock.ts')).readLock(bytes, file),
      memory,
    ),
  )
}

async function readOptional<T>(
  context: Where,
  path: string,
  load: (bytes: Buffer, file: string) => Promise<T>,
): Promise<T | undefined> {
  if (!(await context.files.stat(path))) return undefined
  return load(await context.files.read(path), shown(context, path))
}

/** Every YAML file of a folder, in order. */
async function readFolder<T>(
  context: Where,
  folder: string,
  load: (bytes: Buffer, file: string, name: string) => Promise<T>,
): Promise<T[]> {
  const names = (await context.files.list(folder)).filter(name => name.endsWith('.yaml'))
  return Promise.all(
    names.map(async name => {
      const path = join(folder, name)
      return load(await context.files.read(path), shown(context, path), name)
    }),
  )
}

/** Other files name a file's content by its key, and people look for it by the file's name: they must agree. */
function misnamed<T>(loaded: Loaded<T>, name: string, keyOf: (value: T) => string, field: string): Loaded<T> {
  if (!loaded.value || name === `${keyOf(loaded.value)}.yaml`) return loaded
  const key = keyOf(loaded.value)
  const problem: Diagnostic = {
    code: 'C012',
    severity: 'error',
    message: `${name} describes ${key}`,
    place: loaded.source.locate([field]),
    hint: `rename the file to ${key}.yaml, or correct ${field}`,
  }
  return {...loaded, value: undefined, diagnostics: [...loaded.diagnostics, problem]}
}

/**
 * A file that somebody has named on the command line.
 * @param file from where they stand
 * @throws DiagnosticError C011 there is none: a slip of the pen, so exit 2, and not the machine's fault
 */
export async function readGiven({cwd, files}: Pick<Context, 'cwd' | 'files'>, file: string): Promise<Buffer> {
  const path = resolve(cwd, file)
  if (await files.stat(path)) return files.read(path)
  fail({code: 'C011', message: `${file} is not there`, hint: 'look at its name, and at where you stand'}, 2)
}

async function readNeeded(context: Where, path: string): Promise<Buffer> {
  if (await context.files.stat(path)) return context.files.read(path)
  fail(
    {
      code: 'C011',
      message: `${shown(context, path)} is not there`,
      hint: 'name another one with --matrix FILE, or another checkout with --root DIR',
    },
    2,
  )
}
