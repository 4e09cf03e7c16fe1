import {mkdir, readFile, rename, rm, stat, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {DiagnosticError, fail} from '#lib/diagnostics.ts'
import {cacheDir, clearLeftovers, temporaryName, withLock} from './cache.ts'
import {runInside, spawnInside} from './enter.ts'
import type {FetchOptions, Toolbox} from './types.ts'

/** The clone's root: told by `./lockstep` (a bundle lies elsewhere), else found from this file's own place. */
export function repositoryRoot(): string {
  return process.env.LOCKSTEP_ROOT ?? join(import.meta.dirname, '../../..')
}

const lockPath = () => join(repositoryRoot(), 'testbed/toolbox/toolbox.lock.yaml')
const wishesPath = () => join(repositoryRoot(), 'testbed/toolbox/toolbox.yaml')

let opened: Promise<Toolbox> | undefined

/**
 * The toolbox of the committed lock, made first when it is not in the cache yet (about 30 s). When the
 * mirror has dropped a locked package, a successor lock is resolved into the cache and said plainly.
 * @throws DiagnosticError exit 3 when it can't be made here
 */
export function openToolbox(options: FetchOptions = {}): Promise<Toolbox> {
  opened ??= open(options)
  opened.catch(() => {
    opened = undefined
  })
  return opened
}

async function open(options: FetchOptions): Promise<Toolbox> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    fail(
      {
        code: 'T013',
        message: `the toolbox root needs Linux on x86-64, not ${process.platform} ${process.arch}`,
      },
      3,
    )
  const {lockDigest} = await import('./digest.ts')
  const committed = await readFile(lockPath())
  const digest = lockDigest(committed)
  const place = join(cacheDir(), 'toolbox', digest)
  if (await isThere(join(place, 'root'))) return toolbox(digest, 'committed')
  const overlay = await readFile(join(place, 'overlay.lock.yaml')).catch(() => undefined)
  if (overlay && (await isThere(join(cacheDir(), 'toolbox', lockDigest(overlay), 'root'))))
    return toolbox(lockDigest(overlay), 'overlay')
  try {
    return toolbox(await build(committed, lockPath(), options), 'committed')
  } catch (error) {
    if (!(error instanceof DiagnosticError && error.diagnostics[0]?.code === 'T003')) throw error
    const text = await resolveOverlay(options)
    const built = await build(text, 'overlay.lock.yaml', options)
    await mkdir(place, {recursive: true})
    await writeFile(join(place, 'overlay.lock.yaml'), text)
    return toolbox(built, 'overlay')
  }
}

/** What `openToolbox` would give, as far as it is known without making anything: for plans that are only looked at. */
export async function peekToolbox(): Promise<Pick<Toolbox, 'digest' | 'lock'>> {
  const {lockDigest} = await import('./digest.ts')
  const digest = lockDigest(await readFile(lockPath()))
  const place = join(cacheDir(), 'toolbox', digest)
  const overlay = await readFile(join(place, 'overlay.lock.yaml')).catch(() => undefined)
  if (!overlay || (await isThere(join(place, 'root')))) return {digest, lock: 'committed'}
  return {digest: lockDigest(overlay), lock: 'overlay'}
}

const isThere = async (path: string) => (await stat(path).catch(() => undefined)) !== undefined

/** Makes the root of a lock, once for all processes, and answers its digest. */
async function build(lockBytes: Uint8Array, file: string, options: FetchOptions): Promise<string> {
  const [{readLock}, {lockDigest}, {fetchDebs}, {assemble}] = await Promise.all([
    import('./lock.ts'),
    import('./digest.ts'),
    import('./download.ts'),
    import('./assemble.ts'),
  ])
  const lock = readLock(lockBytes, file)
  const digest = lockDigest(lockBytes)
  const root = join(cacheDir(), 'toolbox', digest, 'root')
  const waiting = (pid: string) => options.progress?.task('toolbox').update(`process ${pid} is making it`)
  await withLock(
    `${dirname(root)}.lock`,
    async () => {
      if (await isThere(root)) return
      const paths = await fetchDebs(lock.packages, options)
      const task = options.progress?.task('put the toolbox root together')
      await mkdir(dirname(root), {recursive: true})
      await clearLeftovers(root)
      const draft = await temporaryName(root)
      try {
        await assemble(
          draft,
          lock.packages.map((p, i) => ({name: p.name, path: paths[i] ?? ''})),
          task,
        )
        await rename(draft, root)
        task?.done()
      } catch (error) {
        task?.failed()
        await rm(draft, {recursive: true, force: true})
        throw error
      }
    },
    waiting,
  )
  return digest
}

/** A lock of what the mirror has today, for a clone whose own lock has grown old. */
async function resolveOverlay(options: FetchOptions): Promise<Buffer> {
  const task = options.progress?.task('the mirror has dropped a locked package: resolve the toolbox anew')
  const {writeLock} = await import('./lock.ts')
  const text = writeLock(await resolveToday({refresh: true}))
  task?.done('lock: overlay (run `node testbed/toolbox/update.ts` to renew the committed one)')
  return Buffer.from(text)
}

/** What `toolbox.yaml` wishes, resolved against the mirror as it is now. */
export async function resolveToday(options: FetchOptions = {}) {
  const [{readWishes}, {resolveToolbox}, {packageIndex}] = await Promise.all([
    import('./lock.ts'),
    import('./resolve.ts'),
    import('./packages.ts'),
  ])
  const wishes = readWishes(await readFile(wishesPath()), 'testbed/toolbox/toolbox.yaml')
  const stable = await packageIndex(wishes.suite, wishes.architecture, options)
  const newer = await packageIndex(wishes.newer.suite, wishes.architecture, options)
  return resolveToolbox(wishes, stable, newer)
}

function toolbox(digest: string, lock: Toolbox['lock']): Toolbox {
  const root = join(cacheDir(), 'toolbox', digest, 'root')
  return {
    digest,
    lock,
    root,
    run: (command, options) => runInside(root, command, options),
    spawn: (command, options) => spawnInside(root, command, options),
  }
}
