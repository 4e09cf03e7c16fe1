import {request as httpRequest, type IncomingMessage} from 'node:http'
import {request as httpsRequest, type RequestOptions} from 'node:https'
import {setTimeout as sleep} from 'node:timers/promises'
import {DiagnosticError, fail} from '#lib/diagnostics.ts'
import {KubeError} from '../../lib/kube.ts'

/** One request; `type` is the media type of its body, or of the answer to one without. */
export type Sent = {method: string; path: string; type?: string; body?: unknown}

/** Fills in how to get in: certificates, headers, agent. */
export type Authorize = (options: RequestOptions) => Promise<void>

/** Longer than the minute that the API server gives a request itself. */
const patience = 70_000
const attempts = 4

/**
 * Sends a request and answers its body. A server that asks for patience (429) gets it; a GET whose connection breaks is
 * sent again once.
 * @throws KubeError the server refused; DiagnosticError E060 it does not know the user, exit 2, E061 nobody answers, exit 3
 */
export async function send(server: string, authorize: Authorize, sent: Sent): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const answer = await exchange(server, authorize, sent).catch((cause: NodeJS.ErrnoException) => {
      if (cause instanceof DiagnosticError) throw cause
      if (sent.method === 'GET' && attempt === 1) return undefined
      const why = cause.message || (cause.code ?? 'no reason given')
      return fail({code: 'E061', message: `${server} does not answer: ${why}`, hint: hintOf(cause)}, 3, {
        cause,
      })
    })
    if (!answer) continue
    const {status, text, retryAfter} = answer
    if (status >= 200 && status < 300) return text
    if (status === 401) notKnown(server, text)
    if (status !== 429 || attempt === attempts) throw refused(status, text, sent)
    await sleep(Math.min(retryAfter ?? 1, 10) * 1000)
  }
}

function notKnown(server: string, text: string): never {
  fail(
    {
      code: 'E060',
      message: `${server} does not know the kubeconfig's user: ${wordsOf(text)[1] || 'Unauthorized'}`,
      hint: 'its token or certificate may have expired: log in again; `kubectl auth whoami` asks the same',
    },
    2,
  )
}

function hintOf({code = ''}: NodeJS.ErrnoException): string {
  if (/CERT|SIGNATURE|SELF_SIGNED/.test(code))
    return 'the kubeconfig’s certificate-authority must be this server’s'
  return 'look at the server of the kubeconfig’s context, and at the network; kubectl cluster-info asks the same'
}

type Answer = {status: number; text: string; retryAfter: number | undefined}

async function exchange(
  server: string,
  authorize: Authorize,
  {method, path, type, body}: Sent,
): Promise<Answer> {
  const url = new URL(server)
  const text = body === undefined ? undefined : JSON.stringify(body)
  const options: RequestOptions = {
    method,
    hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port,
    path: url.pathname.replace(/\/$/, '') + path,
    headers: {
      accept: text === undefined && type !== undefined ? type : 'application/json, */*',
      'user-agent': 'lockstep',
      ...(text === undefined
        ? {}
        : {'content-type': type ?? 'application/json', 'content-length': Buffer.byteLength(text)}),
    },
  }
  await authorize(options)
  const {promise, resolve, reject} = Promise.withResolvers<Answer>()
  const outgoing = (url.protocol === 'https:' ? httpsRequest : httpRequest)(options, response => {
    const {statusCode: status = 0, headers} = response
    const seconds = Number(headers['retry-after'])
    const retryAfter = Number.isFinite(seconds) ? seconds : undefined
    readAll(response).then(all => resolve({status, text: all, retryAfter}), reject)
  })
  outgoing.setTimeout(patience, () => outgoing.destroy(new Error(`silent for ${patience / 1000} s`)))
  outgoing.on('error', reject)
  outgoing.end(text)
  return promise
}

async function readAll(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

/** The server's Status object says why; anything else, such as a proxy's page, is quoted. */
function refused(status: number, text: string, {method, path}: Sent): KubeError {
  const [reason, message] = wordsOf(text)
  const cause = status === 410 ? {cause: text} : undefined
  return new KubeError(status, reason, `${method} ${path}: ${message || `HTTP ${status}`}`, cause)
}

function wordsOf(text: string): [reason: string, message: string] {
  try {
    const {reason, message} = JSON.parse(text) as {reason?: unknown; message?: unknown}
    return [typeof reason === 'string' ? reason : '', typeof message === 'string' ? message : '']
  } catch {
    return ['', text.trim().slice(0, 200)]
  }
}
