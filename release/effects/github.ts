import {z} from 'zod'
import {fail} from '#lib/diagnostics.ts'
import type {Fetch, GitHub, GitHubAsset, GitHubRelease} from '../lib/effects.ts'
import {defaultRetry, type RetryOptions, retry} from '../lib/registry/retry.ts'
import {type Asked, request} from './github-request.ts'

export type GitHubOptions = {
  /** `owner/name` */
  repository: string
  /** `https://api.github.com`, or that of an Enterprise server */
  api: string
  /** Never shown, and sent to the API and its upload host only. */
  token: string | undefined
  fetch: Fetch
  retry?: Partial<RetryOptions>
}

const asset = z.object({
  id: z.number(),
  name: z.string(),
  size: z.number(),
  state: z.string(),
  digest: z.string().nullish(),
})
const release = z.object({
  id: z.number(),
  tag_name: z.string(),
  name: z.string().nullish(),
  body: z.string().nullish(),
  draft: z.boolean(),
  prerelease: z.boolean(),
  html_url: z.string(),
  upload_url: z.string(),
})
const pull = z.object({html_url: z.string()})

/**
 * GitHub's REST API (https://docs.github.com/rest/releases). Reads are tried again, and what is refused for its pace
 * waits as long as it is told to; a write whose answer was lost is not repeated blindly: who called looks again.
 * @throws E050 can't be reached or keeps being out of order, E051 not allowed, E052 an answer nobody expected
 */
export function githubOf({repository, api, token, fetch, retry: patience}: GitHubOptions): GitHub {
  const options = {...defaultRetry, ...patience}
  const base = `${api}/repos/${repository}`
  const uploads = new Map<number, string>()
  const ask = (asked: Omit<Asked, 'token'>) => request(fetch, {...asked, token})
  const read = <T>(path: string, shape: z.ZodType<T>): Promise<T> =>
    retry(`GET ${path}`, options, async () =>
      parsed(shape, (await ask({method: 'GET', url: path})).body, path),
    )
  const write = (method: string, url: string, json: unknown, accepts: readonly number[] = []) =>
    retry(`${method} ${url}`, options, () => ask({method, url, json, accepts}))
  /** Pages of 100, until one is not full. */
  const all = async <T>(path: string, shape: z.ZodType<T>): Promise<T[]> => {
    const found: T[] = []
    for (let page = 1; ; page++) {
      const some = await read(
        `${path}${path.includes('?') ? '&' : '?'}per_page=100&page=${page}`,
        z.array(shape),
      )
      found.push(...some)
      if (some.length < 100) return found
    }
  }
  const known = (data: z.output<typeof release>): GitHubRelease => {
    // A template, https://www.rfc-editor.org/rfc/rfc6570: `…/assets{?name,label}`
    uploads.set(data.id, data.upload_url.replace(/\{.*$/, ''))
    const {id, tag_name: tag, name, body, draft, prerelease, html_url: url} = data
    return {id, tag, name: name ?? '', body: body ?? '', draft, prerelease, url}
  }
  const uploadUrl = async (id: number): Promise<string> => {
    if (!uploads.has(id)) known(await read(`${base}/releases/${id}`, release))
    return uploads.get(id) ?? ''
  }
  return {
    name: repository,
    releases: async () => (await all(`${base}/releases`, release)).map(known),
    createRelease: async ({tag, commit, name, body, prerelease}) => {
      const json = {tag_name: tag, target_commitish: commit, name, body, prerelease, draft: true}
      const {body: made} = await write('POST', `${base}/releases`, json)
      return known(parsed(release, made, 'the new release'))
    },
    updateRelease: async (id, {latest, ...change}) => {
      const make = latest === undefined ? {} : {make_latest: String(latest)}
      await write('PATCH', `${base}/releases/${id}`, {...change, ...make})
    },
    deleteRelease: async id => void (await write('DELETE', `${base}/releases/${id}`, undefined, [404])),
    assets: async id => (await all(`${base}/releases/${id}/assets`, asset)).map(assetOf),
    upload: async (id, name, bytes) => {
      const url = `${await uploadUrl(id)}?name=${encodeURIComponent(name)}`
      return retry(`POST ${name}`, options, async () => {
        const {status, body} = await ask({method: 'POST', url, bytes, accepts: [422]})
        if (status !== 422) return 'uploaded'
        return saysTaken(body) ? 'taken' : unexpected(status, body, `uploading ${name}`)
      })
    },
    deleteAsset: async id => void (await write('DELETE', `${base}/releases/assets/${id}`, undefined, [404])),
    pullFrom: async branch => {
      const head = `${repository.split('/')[0]}:${branch}`
      const found = await read(
        `${base}/pulls?state=open&head=${encodeURIComponent(head)}&per_page=1`,
        z.array(pull),
      )
      return found[0]?.html_url
    },
    openPull: async ({branch, base: into, title, body}) => {
      const json = {head: branch, base: into, title, body}
      return parsed(pull, (await write('POST', `${base}/pulls`, json)).body, 'the new pull request').html_url
    },
  }
}

/** For who has no token and only wants to see what would be asked: nothing is there, and nothing can be done. */
export function githubUnseen(repository: string): GitHub {
  const refuse = async (): Promise<never> =>
    fail({code: 'E051', message: `nothing is sent to ${repository} without a token`, hint: 'set GH_TOKEN'})
  return {
    name: repository,
    releases: async () => [],
    assets: async () => [],
    pullFrom: async () => undefined,
    createRelease: refuse,
    updateRelease: refuse,
    deleteRelease: refuse,
    upload: refuse,
    deleteAsset: refuse,
    openPull: refuse,
  }
}

function assetOf({id, name, size, state, digest}: z.output<typeof asset>): GitHubAsset {
  const known = /^sha256:[0-9a-f]{64}$/.test(digest ?? '') ? (digest as GitHubAsset['digest']) : undefined
  return {id, name, size, state, digest: known}
}

const taken = z.object({errors: z.array(z.object({code: z.string().optional()}))})

function saysTaken(body: unknown): boolean {
  const read = taken.safeParse(body)
  return read.success && read.data.errors.some(e => e.code === 'already_exists')
}

function parsed<T>(shape: z.ZodType<T>, data: unknown, what: string): T {
  const read = shape.safeParse(data)
  return read.success ? read.data : unexpected(200, data, what)
}

function unexpected(status: number, body: unknown, what: string): never {
  fail(
    {
      code: 'E052',
      message: `GitHub's answer to ${what} is not understood: ${status} ${JSON.stringify(body)?.slice(0, 200)}`,
      hint: 'run the command again; if it stays, report it',
    },
    3,
  )
}
