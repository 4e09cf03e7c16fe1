import {createHash} from 'node:crypto'
import type {Fetch} from '#release/lib/effects.ts'

/** What goes wrong with a request, as GitHub was seen to do it. */
export type GitHubFault =
  | {status: number; headers?: Record<string, string>; body?: unknown}
  /** The connection ends before the request is read, or after it was carried out. */
  | 'cut-before'
  | 'cut-after'
  /** An upload breaks off and leaves an asset that blocks its name. */
  | 'starter'

export type StoredRelease = {
  id: number
  tag_name: string
  target_commitish: string
  name: string
  body: string
  draft: boolean
  prerelease: boolean
  html_url: string
  upload_url: string
  assets: StoredAsset[]
}
export type StoredAsset = {
  id: number
  name: string
  size: number
  state: 'uploaded' | 'starter'
  digest: string | null
  bytes: Buffer
}
export type StoredPull = {
  number: number
  html_url: string
  head: string
  base: string
  title: string
  body: string
}

export type StandInOptions = {
  /** Who may write. */
  token: string
  /** Where it is reached. */
  origin?: string
  fault?: (request: {method: string; path: string; number: number}) => GitHubFault | undefined
  /** Writes that are allowed before the secondary rate limit asks for a pause, once. */
  pace?: number
}

/** One repository, `acme/mock-device`. */
export type StandIn = {
  fetch: Fetch
  /** Every request, as `METHOD /path`. */
  requests: string[]
  releases: StoredRelease[]
  pulls: StoredPull[]
  /** Id of the release that is shown as the latest. */
  latest: number | undefined
}

type Answer = {status: number; body?: unknown; headers?: Record<string, string>}
type Request = {method: string; url: URL; body: Buffer; writer: boolean}

export function githubStandIn(options: StandInOptions): StandIn {
  const origin = options.origin ?? 'https://github.test'
  const standIn: StandIn = {
    fetch: async () => new Response(),
    requests: [],
    releases: [],
    pulls: [],
    latest: undefined,
  }
  let next = 1
  let writes = 0

  const createRelease = (json: Partial<StoredRelease>): Answer => {
    const published = standIn.releases.some(r => !r.draft && r.tag_name === json.tag_name)
    if (published) return refused(taken('Release', 'tag_name'))
    const id = next++
    const release: StoredRelease = {
      id,
      tag_name: json.tag_name ?? '',
      target_commitish: json.target_commitish ?? 'main',
      name: json.name ?? '',
      body: json.body ?? '',
      draft: json.draft === true,
      prerelease: json.prerelease === true,
      html_url: `${origin}/acme/mock-device/releases/tag/${json.tag_name}`,
      upload_url: `${origin}/uploads/repos/acme/mock-device/releases/${id}/assets{?name,label}`,
      assets: [],
    }
    standIn.releases.push(release)
    return {status: 201, body: shown(release)}
  }

  const changeRelease = (release: StoredRelease, json: Record<string, unknown>): Answer => {
    if (!release.draft && (json.draft === true || (json.tag_name ?? release.tag_name) !== release.tag_name))
      return refused({message: 'Cannot change the tag of an immutable release'})
    const twin = standIn.releases.find(r => r !== release && !r.draft && r.tag_name === release.tag_name)
    if (json.draft === false && twin) return refused(taken('Release', 'tag_name'))
    const {name, body, draft, prerelease} = json as Partial<StoredRelease>
    Object.assign(release, without({name, body, draft, prerelease}))
    if (!release.draft && !release.prerelease && json.make_latest === 'true') standIn.latest = release.id
    return {status: 200, body: shown(release)}
  }

  const upload = (release: StoredRelease, name: string, bytes: Buffer, broken: boolean): Answer => {
    if (!release.draft) return refused({message: 'Cannot upload assets to an immutable release.'})
    if (release.assets.some(a => a.name === name)) return refused(taken('ReleaseAsset', 'name'))
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    const asset: StoredAsset = broken
      ? {id: next++, name, size: 0, state: 'starter', digest: null, bytes: Buffer.alloc(0)}
      : {id: next++, name, size: bytes.length, state: 'uploaded', digest, bytes}
    release.assets.push(asset)
    return broken ? {status: 502, body: {message: 'Bad Gateway'}} : {status: 201, body: shownAsset(asset)}
  }

  const answer = ({method, url, body, writer}: Request, broken: boolean): Answer => {
    const path = url.pathname
    const json = () => JSON.parse(body.toString() || '{}') as Record<string, unknown>
    const visible = standIn.releases.filter(r => writer || !r.draft)
    const releaseAt = (id: string | undefined) => visible.find(r => r.id === Number(id))
    if (method !== 'GET' && !writer) return {status: 401, body: {message: 'Bad credentials'}}
    if (method !== 'GET' && ++writes === (options.pace ?? 0) + 1 && options.pace !== undefined)
      return {
        status: 403,
        headers: {'retry-after': '1'},
        body: {message: 'You have exceeded a secondary rate limit.'},
      }
    const base = '/repos/acme/mock-device'
    if (path === `${base}/pulls`) return pulls(method, url, json)
    if (path === `${base}/releases`)
      return method === 'POST'
        ? createRelease(json() as Partial<StoredRelease>)
        : {status: 200, body: page(url, visible.toReversed().map(shown))}
    const [, uploads, id, rest] =
      /^(\/uploads)?\/repos\/acme\/mock-device\/releases\/(\d+)(\/assets)?$/.exec(path) ?? []
    const release = releaseAt(id)
    if (release && uploads && method === 'POST')
      return upload(release, url.searchParams.get('name') ?? '', body, broken)
    if (release && rest) return {status: 200, body: page(url, release.assets.map(shownAsset))}
    if (release && method === 'GET') return {status: 200, body: shown(release)}
    if (release && method === 'PATCH') return changeRelease(release, json())
    if (release && method === 'DELETE') {
      standIn.releases.splice(standIn.releases.indexOf(release), 1)
      return {status: 204}
    }
    const [, assetId] = /\/releases\/assets\/(\d+)$/.exec(path) ?? []
    const owner = standIn.releases.find(r => r.assets.some(a => a.id === Number(assetId)))
    if (owner && method === 'DELETE') {
      if (!owner.draft) return refused({message: 'Cannot delete assets of an immutable release.'})
      owner.assets = owner.assets.filter(a => a.id !== Number(assetId))
      return {status: 204}
    }
    return {status: 404, body: {message: 'Not Found'}}
  }

  const pulls = (method: string, url: URL, json: () => Record<string, unknown>): Answer => {
    if (method === 'GET')
      return {
        status: 200,
        body: standIn.pulls.filter(p => `acme:${p.head}` === url.searchParams.get('head')),
      }
    const {head, base, title, body} = json() as StoredPull
    const number = next++
    const pull = {number, html_url: `${origin}/acme/mock-device/pull/${number}`, head, base, title, body}
    standIn.pulls.push(pull)
    return {status: 201, body: pull}
  }

  standIn.fetch = async (input, init) => {
    const url = new URL(input)
    const method = init?.method ?? 'GET'
    standIn.requests.push(`${method} ${url.pathname}`)
    const number = standIn.requests.length
    const fault = options.fault?.({method, path: url.pathname, number})
    if (fault === 'cut-before') throw cut()
    if (typeof fault === 'object') return responseOf(fault)
    const headers = new Headers(init?.headers)
    const writer = headers.get('authorization') === `Bearer ${options.token}`
    const body = Buffer.from(await new Response(init?.body ?? null).arrayBuffer())
    const answered = answer({method, url, body, writer}, fault === 'starter')
    if (fault === 'cut-after') throw cut()
    return responseOf(answered)
  }
  return standIn
}

function responseOf({status, body, headers = {}}: Answer): Response {
  return new Response(body === undefined ? null : JSON.stringify(body), {status, headers})
}

function page<T>(url: URL, all: readonly T[]): T[] {
  const [size, number] = ['per_page', 'page'].map(n => Number(url.searchParams.get(n) ?? 0))
  const per = size || 30
  return all.slice(((number || 1) - 1) * per, (number || 1) * per)
}

function shown({assets, ...release}: StoredRelease): unknown {
  return {...release, assets: assets.map(shownAsset)}
}

function shownAsset({bytes: _, ...asset}: StoredAsset): unknown {
  return asset
}

function taken(resource: string, field: string): unknown {
  return {message: 'Validation Failed', errors: [{resource, code: 'already_exists', field}]}
}

function refused(body: unknown): Answer {
  return {status: 422, body}
}

function without(change: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
}

function cut(): TypeError {
  return new TypeError('fetch failed', {cause: Object.assign(new Error('ECONNRESET'), {code: 'ECONNRESET'})})
}
