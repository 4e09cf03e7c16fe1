/** A world for tests in which every call to Git, the registry and GitHub is counted, and any can be the last. */
import {Killed} from '../effects/faulty.ts'
import {githubOf} from '../effects/github.ts'
import type {Fetch, Files, Git, GitHub} from '../lib/effects.ts'
import type {Repository, Target} from '../lib/oci/target.ts'

/** Counts calls; call number `at` is the last: it does not happen (`before`), or its answer is lost (`after`). */
export type Steps = {calls: string[]; call<T>(name: string, work: () => Promise<T>): Promise<T>}

export function steps(at = 0, when: 'before' | 'after' = 'before'): Steps {
  const calls: string[] = []
  let dead = false
  const die = (): never => {
    dead = true
    throw new Killed(`killed ${when} call ${at}`)
  }
  return {
    calls,
    call: async (name, work) => {
      if (dead) die()
      calls.push(name)
      const last = calls.length === at
      if (last && when === 'before') die()
      const result = await work()
      return last ? die() : result
    },
  }
}

/** What a Git remote holds: each tag's own id and the commit that it stands for. */
export type Remote = Map<string, {id: string; commit: string}>

export function memoryGit(remote: Remote, head: string, {call}: Steps, who = 'ann'): Git {
  const here: Remote = new Map()
  const no = async (): Promise<never> => {
    throw new Error('not in this test')
  }
  return {
    remote: 'origin',
    head: async () => head,
    branch: async () => 'main',
    changes: async () => [],
    committed: async () => undefined,
    fileAt: async () => undefined,
    changedAt: async () => undefined,
    tagsBelow: async () => [...here.keys()],
    commitsSince: async () => [],
    tagHere: tag => call(`git rev-parse ${tag}`, async () => here.get(tag)?.commit),
    tagThere: tag => call(`git ls-remote ${tag}`, async () => remote.get(tag)?.commit),
    tag: tag => call(`git tag ${tag}`, async () => void here.set(tag, {id: `${who} ${tag}`, commit: head})),
    untag: tag => call(`git tag --delete ${tag}`, async () => void here.delete(tag)),
    pushTag: tag =>
      call(`git push ${tag}`, async () => {
        const own = here.get(tag)
        const there = remote.get(tag)
        if (own && !there) remote.set(tag, own)
        return remote.get(tag)?.id === own?.id ? 'pushed' : 'taken'
      }),
    commitOn: no,
    pushBranch: no,
  }
}

export function steppedTarget(target: Target, {call}: Steps): Target {
  const stepped = (r: Repository): Repository => {
    const to = (text: string) => `${text} ${r.name}`
    return {
      name: r.name,
      readBlob: blob => r.readBlob(blob),
      hasBlob: blob => call(to('HEAD blob'), () => r.hasBlob(blob)),
      pushBlob: blob => call(to('PUT blob'), () => r.pushBlob(blob)),
      resolve: reference => call(to(`HEAD ${reference}`), () => r.resolve(reference)),
      holds: root => call(to('HEAD tree'), () => r.holds(root)),
      readManifest: reference => call(to(`GET ${reference}`), () => r.readManifest(reference)),
      pushManifest: manifest => call(to('PUT manifest'), () => r.pushManifest(manifest)),
      tags: () => call(to('GET tags'), () => r.tags()),
      tag: (tag, root, options) => call(to(`PUT ${tag}`), () => r.tag(tag, root, options)),
      referrers: subject => call(to('GET referrers'), () => r.referrers(subject)),
    }
  }
  return {name: target.name, repository: name => stepped(target.repository(name))}
}

export const testToken = 'planted-github-token-4711'

export function testGitHub(fetch: Fetch, {call}: Steps = steps()): GitHub {
  return githubOf({
    repository: 'acme/mock-device',
    api: 'https://github.test',
    token: testToken,
    fetch: (url, init) => call(`${init?.method ?? 'GET'} ${new URL(url).pathname}`, () => fetch(url, init)),
    retry: {first: 0, most: 0, attempts: 3, sleep: async () => {}},
  })
}

/** Every file of a tree, but for locks. */
export function contentsOf(files: Files & {tree: Map<string, Buffer>}): Record<string, string> {
  const kept = [...files.tree].filter(([path]) => path.startsWith('/registry/'))
  return Object.fromEntries(kept.sort().map(([path, data]) => [path, data.toString('base64')]))
}
