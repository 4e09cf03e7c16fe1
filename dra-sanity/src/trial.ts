import type {Claim, PrepareResponse} from '#lib/protobuf/dra-plugin.ts'
import type {Cdi} from './cdi.ts'
import type {ClaimSource, MakeOptions, TestClaim} from './claims.ts'
import type {Cluster} from './cluster.ts'
import {type ClauseId, contract} from './contract.ts'
import type {Answer} from './grpc.ts'
import type {Hooks} from './hooks.ts'
import {type Broken, judgePrepared, judgeUnprepared} from './judge.ts'
import {
  type Found,
  findDriver,
  notify,
  openPlugin,
  type Plugin,
  type PluginCall,
  type Search,
  type Times,
} from './kubelet.ts'

/** What a run stands on; scenarios that need what is not there are skipped, and say so. */
export type Ground = {
  registryDir: string
  driver: string
  times: Times
  claims?: ClaimSource
  cdi?: Cdi
  cluster?: Cluster
  hooks: Hooks
}

/** Thrown to end a scenario early. */
export class Skip extends Error {}
export class Abort extends Error {}

/** One scenario's run: kubelet's part in it, what it finds, and what has to be cleaned up. */
export class Trial {
  readonly ground: Ground
  readonly broken: Broken[] = []
  readonly notes: string[] = []
  readonly #ends: (() => unknown)[] = []

  constructor(ground: Ground) {
    this.ground = ground
  }

  /** Records a broken clause when the condition does not hold; answers whether it holds. */
  check(clause: ClauseId, holds: boolean, message: string): boolean {
    if (!holds) this.broken.push({clause, message})
    return holds
  }

  /** The same, and ends the scenario: nothing after it would make sense. */
  require(clause: ClauseId, holds: boolean, message: string): asserts holds {
    if (!this.check(clause, holds, message)) throw new Abort(message)
  }

  /** Adds what a judge found. */
  add(broken: readonly Broken[]): void {
    this.broken.push(...broken)
  }

  /** Something worth telling that breaks nothing. */
  note(text: string): void {
    this.notes.push(text)
  }

  skip(reason: string): never {
    throw new Skip(reason)
  }

  /** Done at the scenario's end, last first. */
  atEnd(work: () => unknown): void {
    this.#ends.push(work)
  }

  async end(): Promise<void> {
    for (const work of this.#ends.splice(0).reverse()) await work()
  }

  /** The driver's socket and what it says, once it answers; undefined when it does not in time. */
  async lookup(besides: readonly string[] = []): Promise<Found | undefined> {
    return (await this.#search(besides)).found
  }

  /** The same, and the scenario ends when there is none. */
  async found(): Promise<Found> {
    const {found, others} = await this.#search([])
    const {registryDir, driver, times} = this.ground
    for (const {socket, answer} of found ? [] : others) {
      if (answer.ok) this.note(`${socket} answers as ${answer.value.name}`)
      else this.check(late(answer) ? 'info.in-time' : 'registry.only', false, `${socket}: ${said(answer)}`)
    }
    const message = `no socket in ${registryDir} answered as ${driver} within ${times.appear / 1000} s`
    this.require('registry.socket', found !== undefined, message)
    return found
  }

  #search(besides: readonly string[]): Promise<Search> {
    const {registryDir, driver, times} = this.ground
    return findDriver(registryDir, driver, times, besides)
  }

  /** Registers the driver as kubelet does at its start; the connection is closed at the scenario's end. */
  async register(): Promise<Plugin> {
    const {times} = this.ground
    const {socket, info} = await this.found()
    const plugin = openPlugin(socket, info, times)
    this.atEnd(() => plugin.close())
    this.require(
      'info.versions',
      plugin.versions.length > 0,
      `it lists ${info.supportedVersions.join(', ') || 'nothing'}`,
    )
    const answer = await notify(socket, '', times.notify)
    this.require('notify.answered', answer.ok, `NotifyRegistrationStatus: ${said(answer)}`)
    return plugin
  }

  /** An allocated claim; what is left of it is unprepared and deleted at the scenario's end. */
  async claim(options?: MakeOptions): Promise<TestClaim> {
    const source = this.ground.claims
    if (!source) return this.skip('needs claims: give --kubeconfig')
    const claim = await source.make(options)
    this.atEnd(async () => {
      const found = await this.lookup()
      if (found) {
        const plugin = openPlugin(found.socket, found.info, this.ground.times)
        await plugin.unprepare([wire(claim)])
        plugin.close()
      }
      await source.remove(claim)
    })
    return claim
  }

  async claimList(count: number): Promise<TestClaim[]> {
    const claims: TestClaim[] = []
    for (let i = 0; i < count; i++) claims.push(await this.claim())
    return claims
  }

  /** Prepares claims that have to succeed, and holds the answer against the contract. */
  async prepared(
    plugin: Plugin,
    claims: readonly TestClaim[],
    call: PluginCall = {},
  ): Promise<PrepareResponse> {
    const answer = await plugin.prepare(claims.map(wire), call)
    this.require(
      late(answer) ? 'prepare.in-time' : 'prepare.succeeds',
      answer.ok,
      `NodePrepareResources: ${said(answer)}`,
    )
    const found = judgePrepared(claims, answer.value)
    this.add(found)
    if (found.some(one => one.clause === 'prepare.succeeds')) throw new Abort('a claim was not prepared')
    await this.checkCdi(answer.value)
    return answer.value
  }

  async checkCdi({claims}: PrepareResponse): Promise<void> {
    if (!this.ground.cdi) return
    const ids = [...claims.values()].flatMap(one => one.devices.flatMap(device => device.cdiDeviceIds))
    const {missing, unsound} = await this.ground.cdi.resolve(ids)
    for (const id of missing)
      this.check('prepare.cdi-there', false, `no file in the CDI folder defines ${id}`)
    for (const problem of unsound) this.check('prepare.cdi-sound', false, problem)
  }

  /** Unprepares claims that have to succeed; `clause` is what is broken when one does not. */
  async unprepared(
    plugin: Plugin,
    claims: readonly Claim[],
    clause: ClauseId = 'unprepare.succeeds',
    call: PluginCall = {},
  ): Promise<void> {
    const answer = await plugin.unprepare(claims.map(wire), call)
    this.require(clause, answer.ok, `NodeUnprepareResources: ${said(answer)}`)
    this.add(judgeUnprepared(claims, answer.value, clause))
  }

  /** After unpreparing, nothing in the CDI folder may still define what preparing gave out. */
  async checkUndone(response: PrepareResponse): Promise<void> {
    if (!this.ground.cdi) return this.note('without --cdi-dir nobody looked whether the CDI files are gone')
    const ids = [...response.claims.values()].flatMap(one =>
      one.devices.flatMap(device => device.cdiDeviceIds),
    )
    const {there} = await this.ground.cdi.resolve(ids)
    for (const id of there) this.check('unprepare.undone', false, `the CDI folder still defines ${id}`)
  }
}

/** A claim as kubelet names it to the driver, and no more. */
export const wire = ({namespace, uid, name}: Claim): Claim => ({namespace, uid, name})

export const said = <T>(answer: Answer<T>): string =>
  answer.ok ? 'ok' : `${answer.name}: ${answer.details} (after ${Math.round(answer.ms)} ms)`

const late = <T>(answer: Answer<T>): boolean => !answer.ok && answer.name === 'DEADLINE_EXCEEDED'

export const levelOf = (clause: ClauseId) => contract[clause].level
