import {createServer, type IncomingMessage} from 'node:http'
import type {AddressInfo} from 'node:net'
import {githubStandIn, type StandIn} from './stand-in.ts'

/** The stand-in over HTTP, for commands that run as they do for people. */
export async function startGitHub(
  token: string,
): Promise<{api: string; standIn: StandIn; close(): Promise<void>}> {
  const server = createServer((incoming, outgoing) => {
    void bytesOf(incoming).then(async body => {
      const init = {
        method: incoming.method ?? 'GET',
        headers: {authorization: incoming.headers.authorization ?? ''},
        ...(body.length > 0 ? {body: new Uint8Array(body)} : {}),
      }
      const response = await standIn.fetch(new URL(incoming.url ?? '/', api), init)
      outgoing.writeHead(response.status, Object.fromEntries(response.headers))
      outgoing.end(Buffer.from(await response.arrayBuffer()))
    })
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const standIn = githubStandIn({token, origin: api})
  const close = () =>
    new Promise<void>(done => {
      server.close(() => done())
      server.closeAllConnections()
    })
  return {api, standIn, close}
}

async function bytesOf(incoming: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of incoming) parts.push(part as Buffer)
  return Buffer.concat(parts)
}
