/** The checkpoint on disk: read anew for each call, since another instance of the driver may have written it. */
import {join} from 'node:path'
import {type Log, reason} from '../log.ts'
import {claimOfCdiFile, devicesOfCdiFile} from './cdi.ts'
import {type Checkpoint, emptyCheckpoint, parseCheckpoint, renderCheckpoint} from './checkpoint.ts'
import {type Disk, type Durability, replaceFile, temporaryName} from './disk.ts'

export type Store = {
  /** Never fails on what stands in the file: a bad one is put aside, and what CDI files tell is taken. */
  load(): Promise<Checkpoint>
  /** As `load`, without putting anything right: for a look without the lock. */
  serial(): Promise<number>
  save(checkpoint: Checkpoint): Promise<void>
}

export type StoreOptions = {
  disk: Disk
  /** The driver's folder under kubelet's plugins. */
  folder: string
  cdiFolder: string
  bootId: string
  durability: Durability
  log: Log
}

export const checkpointFile = 'checkpoint.json'

export function checkpointStore({disk, folder, cdiFolder, bootId, durability, log}: StoreOptions): Store {
  const path = join(folder, checkpointFile)
  const draft = temporaryName(path)
  /** Most calls find what the one before them wrote: equal bytes, whoever wrote them, spare the parsing. */
  let known: {text: string; checkpoint: Checkpoint} | undefined
  const parse = (text: string): Checkpoint => {
    if (known?.text !== text) known = {text, checkpoint: parseCheckpoint(text)}
    return known.checkpoint
  }
  const save = async (checkpoint: Checkpoint) => {
    const text = renderCheckpoint(checkpoint)
    if (durability === 'fsync') await replaceFile(disk, path, text, durability)
    else await replaceUnsynced(text)
    known = {text, checkpoint}
  }
  /**
   * A file that was never synced and replaces another is written out by ext4 at once, which takes longer than all the
   * rest of a call: the old one goes first. Until the new one has its name the draft is the checkpoint.
   */
  const replaceUnsynced = async (text: string) => {
    await disk.write(draft, text)
    await disk.remove(path)
    await disk.rename(draft, path)
  }
  /** What a driver that was killed between removing and renaming had written. */
  const readDraft = async (): Promise<Checkpoint | undefined> => {
    try {
      return parse((await disk.read(draft)) ?? '')
    } catch {
      return undefined
    }
  }

  const recover = async (): Promise<Checkpoint> => {
    const claims: Checkpoint['claims'] = {}
    for (const name of await disk.list(cdiFolder)) {
      const uid = claimOfCdiFile(name)
      const text = uid === undefined ? undefined : await disk.read(join(cdiFolder, name))
      if (uid === undefined || text === undefined) continue
      // Nothing tells what the claim asked of them: a reset is the safe side.
      const config = {resetOnRelease: true}
      const devices = devicesOfCdiFile(uid, text).map(device => ({device, pool: '', request: '', config}))
      // Taken for this boot's, so that nothing is given away that may be in use.
      if (devices.length > 0) claims[uid] = {namespace: '', name: '', bootId, devices}
    }
    return {...emptyCheckpoint(), claims}
  }

  /** The bad file stays for people to look at; a loop of crashes would help nobody. */
  const quarantine = async (error: unknown): Promise<Checkpoint> => {
    const names = new Set(await disk.list(folder))
    let aside = 1
    while (names.has(`${checkpointFile}.bad-${aside}`)) aside++
    const found = await recover()
    log('error', 'the checkpoint cannot be used; it was put aside, and claims were taken from CDI files', {
      error: reason(error),
      aside: `${checkpointFile}.bad-${aside}`,
      claims: Object.keys(found.claims).length,
    })
    await disk.rename(path, `${path}.bad-${aside}`)
    await save(found)
    return found
  }

  return {
    async load() {
      const text = await disk.read(path)
      // Absent: a new node, or killed between putting a bad one aside, or the last one away, and writing it anew.
      if (text === undefined) return (await readDraft()) ?? recover()
      try {
        return parse(text)
      } catch (error) {
        return quarantine(error)
      }
    },
    async serial() {
      try {
        const text = await disk.read(path)
        return text === undefined ? ((await readDraft())?.serial ?? 0) : parse(text).serial
      } catch {
        return 0
      }
    },
    save,
  }
}
