import {fail} from '#lib/diagnostics.ts'
import type {Fetch} from '../lib/effects.ts'
import {lineTrouble, parseRetryAfter, Trouble} from '../lib/registry/retry.ts'

export type Asked = {
  method: string
  url: string
  json?: unknown
  bytes?: Uint8Array
  token: string | undefined
  /** Refusals that the caller understands. */
  accepts?: readonly number[]
}
export type Answered = {status: number; body: unknown}

/**
 * One request to GitHub's API.
 * @throws Trouble E050 when trying again may help; E051 not allowed, E052 refused in another way
 */
export async function request(fetch: Fetch, asked: Asked): Promise<Answered> {
  const {method, url, json, bytes, token, accepts = []} = asked
  const response = await send(fetch, asked)
  const body = parseBody(await response.text().catch(error => lost(error, url)))
  const {status} = response
  if (response.ok || accepts.includes(status)) return {status, body}
  const what = `${method} ${shownPath(url)}`
  const said = messageOf(body)
  if (isPace(response, said)) {
    // Without being told how long, a minute: https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api
    const after = waitOf(response) ?? 60_000
    throw new Trouble('E050', `GitHub wants a slower pace: ${status} ${said}`, {after})
  }
  if (status >= 500) throw again(method, `GitHub answered ${status} to ${what}: ${said}`, json ?? bytes)
  if (status === 401 || status === 403 || (status === 404 && method !== 'GET'))
    notAllowed(what, status, said, token)
  fail({code: 'E052', message: `GitHub refused ${what}: ${status} ${said}`, hint: 'look at what it says'})
}

async function send(fetch: Fetch, {method, url, json, bytes, token}: Asked): Promise<Response> {
  const body = bytes ? new Uint8Array(bytes) : json === undefined ? undefined : JSON.stringify(json)
  const headers = {
    accept: 'application/vnd.github+json',
    'user-agent': 'lockstep',
    'x-github-api-version': '2022-11-28',
    ...(token ? {authorization: `Bearer ${token}`} : {}),
    ...(bytes ? {'content-type': 'application/octet-stream'} : {}),
  }
  return fetch(url, {method, headers, ...(body === undefined ? {} : {body})}).catch(error => {
    if (method === 'POST') lostWrite(error, url)
    return lost(error, url)
  })
}

function lost(error: unknown, url: string): never {
  try {
    lineTrouble(error, new URL(url).host)
  } catch (trouble) {
    if (trouble instanceof Trouble) throw new Trouble('E050', trouble.message, {cause: error})
    throw trouble
  }
}

/** A lost answer to a POST does not tell whether the thing was made: only another look can. */
function lostWrite(error: unknown, url: string): void {
  try {
    lost(error, url)
  } catch (trouble) {
    if (trouble instanceof Trouble) broken(trouble.message)
    throw trouble
  }
}

function again(method: string, message: string, sent: unknown): Trouble {
  if (method === 'POST' && sent !== undefined) broken(message)
  return new Trouble('E050', message)
}

function broken(message: string): never {
  fail(
    {code: 'E050', message, hint: 'nothing is lost: run the same command again, it goes on where it stopped'},
    3,
  )
}

/** Primary and secondary limits: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api */
function isPace(response: Response, said: string): boolean {
  if (response.status === 429) return true
  if (response.status !== 403) return false
  const {headers} = response
  return (
    headers.has('retry-after') ||
    headers.get('x-ratelimit-remaining') === '0' ||
    /rate limit|abuse/i.test(said)
  )
}

function waitOf({headers}: Response): number | undefined {
  const reset = Number(headers.get('x-ratelimit-reset'))
  const now = Date.now()
  return (
    parseRetryAfter(headers.get('retry-after'), now) ??
    (reset > 0 ? Math.max(0, reset * 1000 - now) : undefined)
  )
}

function notAllowed(what: string, status: number, said: string, token: string | undefined): never {
  fail({
    code: 'E051',
    message: `GitHub does not allow ${what}: ${status} ${said}`,
    expected: 'a token that may write the contents of the repository',
    hint: token
      ? 'look at the rights of the token in GH_TOKEN or GITHUB_TOKEN'
      : 'set GH_TOKEN or GITHUB_TOKEN',
  })
}

function parseBody(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text)
  } catch {
    return text.slice(0, 200)
  }
}

function messageOf(body: unknown): string {
  if (typeof body === 'string') return body
  const {message, errors} = (body ?? {}) as {message?: unknown; errors?: unknown}
  return [message, errors && JSON.stringify(errors)].filter(Boolean).join(' ')
}

function shownPath(url: string): string {
  return new URL(url).pathname
}
