/** /healthz, /readyz and /metrics for whoever watches the driver. */
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {fail} from '#lib/diagnostics.ts'
import {reason} from './log.ts'

export type HttpOptions = {
  /** All addresses of both families otherwise, of IPv4 where there is no IPv6. */
  host?: string
  port: number
  /** Rejects when the driver does not do its work. */
  healthy: () => Promise<void>
  ready: () => Promise<void>
  metrics: () => Promise<string>
}

export type HttpServer = {port: number; stop(): Promise<void>}

/** @throws DiagnosticError exit 3: N022 the port can't be had */
export async function startHttp({host, port, healthy, ready, metrics}: HttpOptions): Promise<HttpServer> {
  const ok = (check: () => Promise<void>) => async () => {
    await check()
    return 'ok\n'
  }
  const pages: Record<string, () => Promise<string>> = {
    '/healthz': ok(healthy),
    '/readyz': ok(ready),
    '/metrics': metrics,
  }
  const server = createServer(async (request, response) => {
    const path = request.url?.split('?', 1)[0] ?? ''
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined
    if (!page || !['GET', 'HEAD'].includes(request.method ?? '')) {
      response.writeHead(page ? 405 : 404).end()
      return
    }
    try {
      const text = await page()
      response.writeHead(200, {'content-type': 'text/plain; version=0.0.4; charset=utf-8'}).end(text)
    } catch (error) {
      response.writeHead(503, {'content-type': 'text/plain; charset=utf-8'}).end(`${reason(error)}\n`)
    }
  })
  const {promise, resolve, reject} = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen({port, ...(host === undefined ? {} : {host})}, resolve)
  await promise.catch(cause =>
    fail({code: 'N022', message: `${host ?? ''}:${port}: ${cause.message}`}, 3, {cause}),
  )
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      server.closeAllConnections()
      const {promise, resolve} = Promise.withResolvers<void>()
      server.close(() => resolve())
      await promise
    },
  }
}
