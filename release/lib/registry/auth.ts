import {fail} from '#lib/diagnostics.ts'
import type {Fetch} from '../effects.ts'
import {isRecord} from '../oci/manifest.ts'
import type {Credential, Credentials} from './docker-config.ts'
import {errorText, readErrors} from './errors.ts'
import {lineTrouble, parseRetryAfter, type RetryOptions, retry, Trouble} from './retry.ts'

/** `repository:NAME:pull` or `repository:NAME:pull,push` (distribution, token scope). */
export type Scope = string

/** What a registry asks for in a 401's WWW-Authenticate. */
export type Challenge = {scheme: 'basic' | 'bearer'; parameters: Record<string, string>}

/**
 * Reads the challenges of a 401 (RFC 9110 section 11.6.1), each with its own parameters, and takes the best one that we
 * can answer: Bearer before Basic, as a token is to be had without credentials too.
 */
export function parseChallenge(header: string | null): Challenge | undefined {
  const all: {scheme: string; parameters: Record<string, string>}[] = []
  for (const [, key = '', quoted, plain, scheme = ''] of (header ?? '').matchAll(
    /([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))|([\w-]+)/g,
  )) {
    if (scheme) all.push({scheme: scheme.toLowerCase(), parameters: {}})
    const last = all.at(-1)
    if (key && last) last.parameters[key.toLowerCase()] = quoted?.replace(/\\(.)/g, '$1') ?? plain ?? ''
  }
  for (const scheme of ['bearer', 'basic'] as const) {
    const found = all.find(c => c.scheme === scheme)
    if (found) return {scheme, parameters: found.parameters}
  }
  return undefined
}

/** The Authorization header of one registry, renewed when needed. */
export interface Authorizer {
  /** For a request in these scopes; undefined as long as the registry has not asked for any. */
  header(scopes: readonly Scope[]): Promise<string | undefined>
  /** Takes in a 401's challenge. False when there is no other answer than the one that was refused. */
  challenged(response: Response, scopes: readonly Scope[], refused: string | undefined): boolean
}

export function authorizer(options: {
  host: string
  origin: string
  fetch: Fetch
  credentials: Credentials
  retry: RetryOptions
}): Authorizer {
  const {host, credentials} = options
  const tokens = new Map<string, Promise<Token>>()
  /** Headers that were given out, by scopes: only the newest one's refusal says anything. */
  const newest = new Map<string, string>()
  let challenge: Challenge | undefined

  const token = async (asked: Challenge, scopes: readonly Scope[], credential: Credential | undefined) => {
    const key = scopes.join(' ')
    const known = await tokens.get(key)?.catch(() => undefined)
    if (known && known.until > Date.now()) return known
    const wanted = getToken(asked, scopes, credential, options)
    tokens.set(key, wanted)
    return wanted
  }
  return {
    header: async scopes => {
      if (!challenge) return undefined
      const credential = await credentials(host)
      if (challenge.scheme === 'basic') return basic(credential)
      const header = `Bearer ${(await token(challenge, scopes, credential)).value}`
      newest.set(scopes.join(' '), header)
      return header
    },
    challenged: (response, scopes, refused) => {
      const next = parseChallenge(response.headers.get('www-authenticate'))
      if (!next) return false
      challenge = next
      const key = scopes.join(' ')
      if (refused !== undefined && newest.get(key) === refused) tokens.delete(key)
      // A first challenge, or a token that ran out: worth another try. A refused password stays refused.
      return refused === undefined || refused.startsWith('Bearer ')
    },
  }
}

type Token = {value: string; until: number}

function basic(credential: Credential | undefined): string | undefined {
  if (!credential || 'identityToken' in credential) return undefined
  return `Basic ${Buffer.from(`${credential.username}:${credential.password}`).toString('base64')}`
}

async function getToken(
  {parameters}: Challenge,
  scopes: readonly Scope[],
  credential: Credential | undefined,
  options: {host: string; origin: string; fetch: Fetch; retry: RetryOptions},
): Promise<Token> {
  const realm = tokenRealm(parameters.realm, options)
  const wanted = scopes.length > 0 ? scopes : (parameters.scope?.split(' ') ?? [])
  const [url, init] = tokenRequest(realm, parameters.service, wanted, credential)
  const what = `asking ${realm.host} for a token for ${options.host}`
  return retry(what, options.retry, async () => {
    const response = await options
      .fetch(url, {...init, redirect: 'manual'})
      .catch(error => lineTrouble(error, realm.host))
    if (!response.ok) return refused(response, realm.host, options.host, credential)
    const answer = tokenAnswer(await response.text().catch(error => lineTrouble(error, realm.host)))
    const token = answer?.token || answer?.access_token
    if (!answer || typeof token !== 'string')
      return fail({code: 'R005', message: `${realm.host} answered without a token`}, 3)
    const seconds = typeof answer.expires_in === 'number' ? answer.expires_in : 60
    // A token that runs out under way costs a whole request: renew it a little before.
    return {value: token, until: Date.now() + Math.max(seconds - 10, seconds / 2) * 1000}
  })
}

/** Not shown when it is no JSON: a token may stand in it. */
function tokenAnswer(text: string): Record<string, unknown> | undefined {
  try {
    const answer: unknown = JSON.parse(text)
    return isRecord(answer) ? answer : undefined
  } catch {
    return undefined
  }
}

/** OAuth2 POST with a refresh token, else GET with Basic, else GET as nobody (distribution, token authentication). */
function tokenRequest(
  realm: URL,
  service: string | undefined,
  scopes: readonly Scope[],
  credential: Credential | undefined,
): [URL, RequestInit] {
  if (credential && 'identityToken' in credential) {
    const body = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: 'lockstep',
      access_type: 'offline',
      refresh_token: credential.identityToken,
      scope: scopes.join(' '),
      ...(service ? {service} : {}),
    })
    return [realm, {method: 'POST', body}]
  }
  const url = new URL(realm)
  if (service) url.searchParams.set('service', service)
  for (const scope of scopes) url.searchParams.append('scope', scope)
  const authorization = basic(credential)
  return [url, authorization ? {headers: {authorization}} : {}]
}

function tokenRealm(realm: string | undefined, {host, origin}: {host: string; origin: string}): URL {
  const url = URL.parse(realm ?? '')
  if (!url) return fail({code: 'R005', message: `${host} asks for a token but does not say where`}, 3)
  if (url.protocol !== 'https:' && origin.startsWith('https:'))
    return fail({
      code: 'R005',
      message: `${host} wants credentials sent to ${url.host} without TLS`,
      hint: 'this is not done: it may be an attack',
    })
  return url
}

async function refused(
  response: Response,
  realm: string,
  host: string,
  credential: Credential | undefined,
): Promise<never> {
  const errors = await readErrors(response)
  const text = errorText(response.status, errors)
  const after = parseRetryAfter(response.headers.get('retry-after'), Date.now())
  // GHCR's token endpoint denies what it grants minutes later.
  const passing = response.status === 429 || response.status >= 500 || errors.some(e => e.code === 'DENIED')
  if (passing) throw new Trouble('R003', `${realm} answered ${text}`, {after})
  return unauthorized(host, text, credential !== undefined)
}

/** @throws R003 always */
export function unauthorized(host: string, text: string, known: boolean): never {
  fail(
    {
      code: 'R003',
      message: known
        ? `${host} refuses the credentials: ${text}`
        : `${host} wants credentials, and none are known: ${text}`,
      hint: `docker login ${host} (or write $DOCKER_CONFIG/config.json); a token needs the right to write packages`,
    },
    3,
  )
}
