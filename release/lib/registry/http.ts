import type {Fetch} from '../effects.ts'
import {type Limit, limit} from '../limit.ts'
import {type Authorizer, authorizer, type Scope, unauthorized} from './auth.ts'
import type {Credentials} from './docker-config.ts'
import {errorText, readErrors} from './errors.ts'
import {defaultRetry, lineTrouble, parseRetryAfter, type RetryOptions, retry, Trouble} from './retry.ts'

export type HttpOptions = {
  host: string
  /** `https://host` or `http://host` */
  origin: string
  fetch: Fetch
  credentials: Credentials
  /** Requests in flight at once, to this registry altogether. */
  concurrency?: number
  retry?: Partial<RetryOptions>
}

export type RegistryRequest = {
  method: string
  url: string | URL
  scopes: readonly Scope[]
  headers?: Record<string, string>
  /** Called anew for every try. */
  body?: () => RequestInit['body']
  /** False leaves trying again to the caller, who has to begin further back. */
  again?: boolean
  /** False gives redirects back as they are. */
  follow?: boolean
}

/** One registry over HTTP: authorized, at most so many at once, tried again when it may help. */
export interface RegistryHttp {
  readonly host: string
  readonly origin: string
  readonly retry: RetryOptions
  /**
   * @param take judges any answer but 401, 429 and 5xx and reads its body; Trouble in there is tried again too
   * @throws R001 can't be reached, R002 keeps being out of order, R003 credentials, R006 TLS; Trouble if not `again`
   */
  send<T>(request: RegistryRequest, take: (response: Response) => Promise<T>): Promise<T>
}

export function registryHttp(options: HttpOptions): RegistryHttp {
  const retryOptions = {...defaultRetry, ...options.retry}
  const auth = authorizer({...options, retry: retryOptions})
  const slots: Limit = limit(options.concurrency ?? 4)
  let answered = false
  // A registry that never answered is more likely misspelled than out of order: soon said, not after a minute.
  const patience: RetryOptions = {
    ...retryOptions,
    get attempts() {
      return answered ? retryOptions.attempts : Math.min(attemptsOnFirstContact, retryOptions.attempts)
    },
  }
  const watched: HttpOptions = {
    ...options,
    fetch: async (url, init) => {
      const response = await options.fetch(url, init)
      answered = true
      return response
    },
  }
  return {
    host: options.host,
    origin: options.origin,
    retry: retryOptions,
    send: (request, take) => {
      const once = async () => {
        const response = await authorized(watched, auth, request)
        return take(response).catch(error => lineTrouble(error, options.host))
      }
      const what = `${request.method} ${withoutQuery(request.url, options.origin)}`
      return slots(() => (request.again === false ? once() : retry(what, patience, once)))
    },
  }
}

const attemptsOnFirstContact = 3

/** A query may hold a signature: not for messages. */
function withoutQuery(url: string | URL, origin: string): string {
  const {host, pathname} = new URL(url, origin)
  return `${host}${pathname}`
}

async function authorized(
  options: HttpOptions,
  auth: Authorizer,
  request: RegistryRequest,
): Promise<Response> {
  for (let renewals = 0; ; renewals++) {
    const authorization = await auth.header(request.scopes)
    const response = await redirected(options, request, authorization)
    if (response.status === 429 || response.status >= 500) throw await outOfOrder(response, options.host)
    if (response.status !== 401) return response
    const again = renewals < 2 && auth.challenged(response, request.scopes, authorization)
    const errors = await readErrors(response)
    if (!again)
      unauthorized(
        options.host,
        errorText(401, errors),
        (await options.credentials(options.host)) !== undefined,
      )
  }
}

async function outOfOrder(response: Response, host: string): Promise<Trouble> {
  const after = parseRetryAfter(response.headers.get('retry-after'), Date.now())
  return new Trouble('R002', `${host} answered ${errorText(response.status, await readErrors(response))}`, {
    after,
  })
}

const mostRedirects = 5

/** Follows redirects by hand: what is meant for the registry must not go anywhere else. */
async function redirected(
  options: HttpOptions,
  {method, url, headers = {}, body, follow = true}: RegistryRequest,
  authorization: string | undefined,
): Promise<Response> {
  let target = new URL(url, options.origin)
  for (let hop = 0; ; hop++) {
    const ours = target.origin === new URL(options.origin).origin
    const content = body?.()
    const response = await options
      .fetch(target, {
        method,
        redirect: 'manual',
        // Sizes and digests are those of the bytes as they are: nobody between may pack them for the way.
        headers: {
          'accept-encoding': 'identity',
          ...headers,
          ...(ours && authorization ? {authorization} : {}),
        },
        ...(content === undefined ? {} : {body: content, duplex: 'half'}),
      })
      .catch(error => lineTrouble(error, target.host))
    const location = response.headers.get('location')
    const isRedirect = [301, 302, 303, 307, 308].includes(response.status) && location !== null
    if (!isRedirect || !follow || hop >= mostRedirects || !['GET', 'HEAD'].includes(method)) return response
    await response.body?.cancel()
    target = asSpokenTo(new URL(location, target), target)
  }
}

/**
 * An address that a registry gave out, with the scheme and port in which it is reached: behind a proxy that ends TLS it
 * may take itself for one without. Where TLS is spoken, nothing goes to the same host without it.
 */
export function asSpokenTo(given: URL, base: URL): URL {
  if (given.protocol !== 'http:' || base.protocol !== 'https:' || given.hostname !== base.hostname)
    return given
  const safe = new URL(given)
  safe.protocol = 'https:'
  safe.port = base.port
  return safe
}

/** For answers whose body nobody needs: lets the connection be used again. */
export async function dismiss(response: Response): Promise<Response> {
  await response.body?.cancel()
  return response
}
