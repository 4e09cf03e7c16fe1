/** Preparing and unpreparing of the tests' plugin: one file per claim, under one lock. */
import {existsSync} from 'node:fs'
import {mkdir, readdir, readFile, rename, rm, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import type {Claim, PreparedClaim, PreparedDevice} from '#lib/protobuf/dra-plugin.ts'
import type {Flaw} from './flaws.ts'
import {type Result, readClaim} from './folder-claims.ts'

export type PreparingOptions = {
  driver: string
  claimsDir: string
  stateDir: string
  cdiDir: string
  /** Begins the names of CDI devices. */
  prefix: string
  flaw: Flaw | undefined
}

export type Preparing = {
  prepare(claim: Claim, cancelled: () => boolean): Promise<PreparedClaim>
  /** Answers an error's text, or nothing. */
  unprepare(claim: Claim): Promise<string>
}

export function preparing(options: PreparingOptions): Preparing {
  const {flaw, claimsDir, cdiDir, stateDir, driver, prefix} = options
  const stateFile = ({uid}: {uid: string}) => join(stateDir, `${uid}.json`)
  const cdiFile = ({uid}: {uid: string}) => join(cdiDir, `${driver}-${uid}.json`)
  const memory = new Map<string, PreparedDevice[]>()
  const tombstones = new Set<string>()
  let queue: Promise<unknown> = Promise.resolve()
  let running = 0
  let count = 0

  const readState = async (claim: Claim): Promise<PreparedDevice[] | undefined> => {
    if (flaw === 'state-in-memory') return memory.get(claim.uid)
    const text = await readFile(stateFile(claim), 'utf8').catch(() => undefined)
    return text === undefined ? undefined : (JSON.parse(text) as PreparedDevice[])
  }
  const used = async (claim: Claim): Promise<string[]> => {
    const files = (await readdir(stateDir).catch(() => [])).filter(one => /^[^.]+\.json$/.test(one))
    const others = files.filter(one => one !== `${claim.uid}.json`)
    const texts = await Promise.all(
      others.map(one => readFile(join(stateDir, one), 'utf8').catch(() => '[]')),
    )
    return texts.flatMap(text => (JSON.parse(text) as PreparedDevice[]).map(one => one.deviceName))
  }
  const ownResults = async (claim: Claim): Promise<Result[]> => {
    const stored = await readClaim(claimsDir, claim.namespace, claim.name)
    if (!stored && flaw !== 'ignores-deletion') throw new Error(`claim ${claim.name} not found`)
    if (stored && stored.uid !== claim.uid && flaw !== 'ignores-uid')
      throw new Error(`claim ${claim.name} was replaced`)
    if (stored && !stored.results && flaw !== 'ignores-allocation')
      throw new Error(`claim ${claim.name} is not allocated`)
    return (stored?.results ?? []).filter(one => one.driver === driver || flaw === 'foreign-too')
  }

  const deviceOf = (claim: Claim, {request, pool, device}: Result): PreparedDevice => {
    const unique = flaw === 'new-id-each-time' ? `-${count++}` : ''
    const name = flaw === 'shared-cdi-id' ? 'all' : `${prefix}${claim.uid}-${device}${unique}`
    return {
      requestNames: [flaw === 'wrong-request' ? 'nobody' : request],
      poolName: pool,
      deviceName: flaw === 'wrong-device' ? 'other' : flaw === 'unnamed-device' ? '' : device,
      cdiDeviceIds: [flaw === 'bad-cdi-id' ? name : `example.com/test=${name}`],
      shareId: undefined,
    }
  }
  const writeCdi = async (claim: Claim, devices: readonly PreparedDevice[]) => {
    if (flaw === 'no-cdi-file') return
    const env = flaw === 'unsound-cdi' ? [] : [`CLAIM=${claim.name}`]
    const named = devices
      .flatMap(one => one.cdiDeviceIds)
      .map(id => ({name: id.split('=')[1] ?? id, containerEdits: {env}}))
    await writeAtomically(cdiFile(claim), {cdiVersion: '0.5.0', kind: 'example.com/test', devices: named})
  }

  const prepare = async (claim: Claim): Promise<PreparedDevice[]> => {
    const before = await readState(claim)
    if (before && flaw !== 'new-id-each-time') {
      if (flaw !== 'cdi-once') await writeCdi(claim, before)
      return before
    }
    const results = await ownResults(claim)
    const busy = await used(claim)
    const twice = results.find(one => busy.includes(one.device))
    if (twice && flaw !== 'not-exclusive') throw new Error(`${twice.device} is in use`)
    if (flaw === 'stumbles-over-leftovers' && existsSync(cdiFile(claim)))
      throw new Error('the CDI file exists')
    const devices = results.map(one => deviceOf(claim, one))
    await writeCdi(claim, devices)
    if (flaw === 'stumbles-over-leftovers') await sleep(80)
    memory.set(claim.uid, devices)
    if (flaw !== 'state-in-memory') await writeAtomically(stateFile(claim), devices)
    return devices
  }
  const unprepare = async (claim: Claim): Promise<string> => {
    const state = await readState(claim)
    if (!state && flaw === 'unknown-is-error') return `claim ${claim.uid} is not prepared`
    if (flaw === 'needs-claim' && state && !(await readClaim(claimsDir, claim.namespace, claim.name)))
      return 'claim not found'
    if (!state && (flaw === 'state-in-memory' || flaw === 'forgets-first')) return ''
    if (flaw === 'forgets-first') {
      await rm(stateFile(claim), {force: true})
      await sleep(80)
    }
    if (flaw !== 'leaves-cdi') await rm(cdiFile(claim), {force: true})
    memory.delete(claim.uid)
    if (flaw !== 'keeps-device') await rm(stateFile(claim), {force: true})
    return ''
  }
  const serialized = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = queue.then(work)
    queue = turn.catch(() => {})
    return turn
  }

  return {
    async prepare(claim, cancelled) {
      try {
        if (flaw === 'refuses-all') throw new Error('not today')
        if (flaw === 'one-at-a-time' && running > 0) throw new Error('another call is under way')
        running++
        if (flaw === 'late-prepare') await sleep(60)
        if (flaw === 'one-at-a-time' || flaw === 'stuck-after-abandoned') await sleep(30)
        if (flaw === 'stuck-after-abandoned' && cancelled()) queue = new Promise(() => {})
        const devices = await serialized(async () => {
          // A claim that was unprepared after this call came in stays unprepared.
          if (cancelled() && tombstones.has(claim.uid) && flaw !== 'late-prepare') throw new Error('given up')
          return prepare(claim)
        })
        return {devices, error: ''}
      } catch (error) {
        return {devices: [], error: error instanceof Error ? error.message : String(error)}
      } finally {
        running--
      }
    },
    unprepare(claim) {
      tombstones.add(claim.uid)
      return serialized(() => unprepare(claim))
    },
  }
}

async function writeAtomically(path: string, value: object): Promise<void> {
  await mkdir(join(path, '..'), {recursive: true})
  const draft = `${path}.${process.pid}.tmp`
  await writeFile(draft, JSON.stringify(value))
  await rename(draft, path)
}
