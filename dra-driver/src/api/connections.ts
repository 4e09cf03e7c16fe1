/**
 * Connections to one HTTP/1.1 server, kept open between requests. Node's own client spends several times as long on
 * a request as all that is needed here.
 */
import {connect, isIP, type Socket} from 'node:net'
import {type ConnectionOptions, connect as connectSecurely} from 'node:tls'
import {ResponseReader} from './response-reader.ts'

/** The server closed an idle connection at the moment in which it was used again. */
export class StaleConnection extends Error {
  override readonly name = 'StaleConnection'
}

export type Target = {host: string; port: number; tls?: ConnectionOptions}

export type Exchange = {
  /** All of the request, as it goes over the wire. */
  request: string
  /** What it throws ends the exchange. */
  onBody: (bytes: Buffer, status: number) => void
  signal?: AbortSignal | undefined
  /** The longest that it may take, milliseconds. */
  ms: number
  /** On a connection of its own rather than on one that was kept. */
  fresh?: boolean
}

export type Connections = {
  /**
   * A request and its response; answers the status once all of the body has come.
   * @throws StaleConnection, the connection's error, or what `onBody` throws
   */
  exchange(exchange: Exchange): Promise<number>
  /** Cuts all of them. */
  close(): void
}

type Call = {reader: ResponseReader; resolve: (status: number) => void; reject: (error: unknown) => void}
/** `call` is absent while it is idle. */
type Connection = {socket: Socket; wasUsed: boolean; call: Call | undefined}

export function connections(target: Target): Connections {
  const all = new Set<Connection>()

  const open = (): Connection => {
    const connection: Connection = {socket: openSocket(target), wasUsed: false, call: undefined}
    all.add(connection)
    const fail = (error: Error) => {
      all.delete(connection)
      const {call, wasUsed} = connection
      const stale = wasUsed && call?.reader.status === 0
      call?.reject(stale ? new StaleConnection(error.message, {cause: error}) : error)
    }
    connection.socket
      .on('data', bytes => read(connection, bytes))
      .on('end', () => {
        all.delete(connection)
        connection.socket.destroy()
      })
      .on('error', fail)
      .on('close', () => {
        const {call} = connection
        call?.reader.close()
        if (call?.reader.done) call.resolve(call.reader.status)
        fail(new Error('the connection was cut'))
      })
    return connection
  }

  return {
    async exchange({request, onBody, signal, ms, fresh = false}) {
      const kept = fresh ? undefined : [...all].find(one => !one.call)
      const connection = kept ?? open()
      const {socket} = connection
      socket.ref()
      const {promise, resolve, reject} = Promise.withResolvers<number>()
      const reader = new ResponseReader(bytes => onBody(bytes, reader.status))
      connection.call = {reader, resolve, reject}
      const give = (error: Error) => {
        reject(error)
        socket.destroy()
      }
      // Cheaper than AbortSignal's own time-outs, of which each request would leave one behind for half a minute.
      const late = setTimeout(() => give(new Error(`no answer within ${ms / 1000} s`)), ms)
      const cut = () => give(new Error('given up'))
      signal?.addEventListener('abort', cut)
      socket.write(request)
      try {
        return await promise
      } finally {
        clearTimeout(late)
        signal?.removeEventListener('abort', cut)
      }
    },
    close() {
      for (const {socket} of all) socket.destroy()
    },
  }

  function read(connection: Connection, bytes: Buffer): void {
    const {call, socket} = connection
    try {
      if (!call) throw new Error('an answer that nobody asked for')
      call.reader.push(bytes)
    } catch (error) {
      call?.reject(error)
      all.delete(connection)
      socket.destroy()
      return
    }
    if (!call.reader.done) return
    connection.call = undefined
    connection.wasUsed = true
    // A program that is done does not wait for the server to close it.
    socket.unref()
    if (!call.reader.isReusable) {
      all.delete(connection)
      socket.destroy()
    }
    call.resolve(call.reader.status)
  }
}

function openSocket({host, port, tls}: Target): Socket {
  // A server's name is told to it; an address is none.
  const name = isIP(host) ? {} : {servername: host}
  const socket = tls ? connectSecurely({...name, ...tls, host, port}) : connect({host, port})
  return socket.setNoDelay(true).setKeepAlive(true, 1000)
}
