/** Two releasers with nothing but a registry between them, which has no lock. */
import {beforeAll, expect, test} from 'vitest'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {buildSmall, smallKernel} from '../build/testing.ts'
import {memoryFiles} from '../effects/memory-files.ts'
import {silentProgress} from '../effects/progress.ts'
import type {Fetch} from '../lib/effects.ts'
import {publish} from './publish.ts'
import {readStaged, type Staged} from './staged.ts'
import {contents, expectWhole, targetOf, withRegistry} from './testing.ts'

let ours: Staged
let theirs: Staged
beforeAll(async () => {
  const build = async (change: {epoch?: number}) => {
    const files = memoryFiles()
    await buildSmall(files, {kernels: [smallKernel('6.12.2+deb13-amd64')], ...change})
    return readStaged('/dist', files)
  }
  ours = await build({})
  theirs = await build({epoch: 1})
})

/** How each of them ended: the codes of what it was told, none when it went well. */
async function ends(...runs: Promise<unknown>[]): Promise<string[][]> {
  const settled = await Promise.allSettled(runs)
  return settled.map(end => {
    if (end.status === 'fulfilled') return []
    if (!(end.reason instanceof DiagnosticError)) throw end.reason
    return [...new Set(end.reason.diagnostics.map(d => d.code))]
  })
}

test('of the same build: both succeed, and the registry holds what one would have left', async () => {
  const calm = await withRegistry(async server => {
    await publish(ours, targetOf(server), silentProgress)
    return contents(server)
  })
  await withRegistry(async server => {
    const run = () => publish(ours, targetOf(server), silentProgress)
    expect(await ends(run(), run())).toEqual([[], []])
    expect(contents(server)).toEqual(calm)
    expectWhole(server)
  })
})

test('of other builds: at least one is stopped, with the tags that are not its own', async () => {
  await withRegistry(async server => {
    const run = (staged: Staged) => publish(staged, targetOf(server), silentProgress)
    const [one = [], other = []] = await ends(run(ours), run(theirs))
    expect([...one, ...other]).not.toEqual([])
    for (const code of [...one, ...other]) expect(['O010', 'P020', 'P022']).toContain(code)
  })
})

test('one that sets every tag between the other’s look and write is overwritten, and finds out at the end', async () => {
  await withRegistry(async server => {
    const {first, second, ended} = overtaken()
    const run = async (staged: Staged, name: 'first' | 'second', fetch: Fetch) => {
      await publish(staged, targetOf(server, fetch), silentProgress).finally(() => ended(name))
    }
    expect(await ends(run(ours, 'first', first), run(theirs, 'second', second))).toEqual([['P022'], []])
    const published = server.repositories.get('acme/mock-device')?.tags.get('v0.2.0')
    const release = theirs.artifacts.find(a => a.artifact.recipe.kind === 'release')
    expect(published).toBe(release?.root.digest)
  })
})

/**
 * The worst that can happen: the second releaser has looked at a version tag and is about to set it; meanwhile the first
 * sets it and reads it back; then the second goes on. So at every version tag, without a clock.
 */
function overtaken() {
  const events = new Map<string, PromiseWithResolvers<void>>()
  const event = (name: string) => {
    const known = events.get(name) ?? Promise.withResolvers<void>()
    events.set(name, known)
    return known
  }
  const over = {first: event('first ended'), second: event('second ended')}
  const tagOf = (url: string | URL | Request) =>
    /\/manifests\/(?=v?0\.2\.0)(.+)$/.test(String(url)) ? String(url) : undefined
  const written = new Set<string>()
  const first: Fetch = async (url, init) => {
    const tag = tagOf(url)
    if (!tag) return fetch(url, init)
    if (init?.method === 'PUT') await Promise.race([event(`${tag} looked at`).promise, over.second.promise])
    const response = await fetch(url, init)
    if (init?.method === 'PUT') written.add(tag)
    else if (written.has(tag)) event(`${tag} read back`).resolve()
    return response
  }
  const second: Fetch = async (url, init) => {
    const tag = tagOf(url)
    if (tag && init?.method === 'PUT') {
      event(`${tag} looked at`).resolve()
      await Promise.race([event(`${tag} read back`).promise, over.first.promise])
    }
    return fetch(url, init)
  }
  return {first, second, ended: (who: 'first' | 'second') => over[who].resolve()}
}
