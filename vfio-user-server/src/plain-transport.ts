import {closeSync, lstatSync, unlinkSync} from 'node:fs'
import {connect, createServer, type Socket} from 'node:net'
import type {
  Connection,
  ConnectionHandler,
  EventFd,
  GuestMemory,
  Listener,
  ReceivedFd,
  Transport,
} from './transport.ts'

const noFds: readonly ReceivedFd[] = []

/**
 * Unix sockets without descriptors, by node:net alone: the protocol can be tried and tested, but interrupts and
 * guest memory never arrive.
 */
export const plainTransport: Transport = {
  listen: async (path, accept) => {
    await removeStale(path)
    const server = createServer({allowHalfOpen: false}, socket => attach(socket, accept))
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(path, resolve)
    })
    return listener(path, () => server.close())
  },
  eventFd: (fd): EventFd => refuseFd(fd),
  memory: (fd): GuestMemory => refuseFd(fd),
  closeFd: fd => closeSync(fd),
}

function listener(path: string, close: () => void): Listener {
  return {path, close}
}

function refuseFd(fd: number): never {
  closeSync(fd)
  throw new Error('this transport carries no descriptors')
}

function attach(socket: Socket, accept: (connection: Connection) => ConnectionHandler): void {
  let handler: ConnectionHandler | undefined
  let failure: Error | undefined
  const connection: Connection = {
    // The caller reuses its buffer, and node:net keeps what the kernel did not take.
    send: (data, length = data.length) => {
      if (socket.writable) socket.write(Buffer.from(data.subarray(0, length)))
    },
    get backlog() {
      return socket.writableLength
    },
    end: () => {
      socket.end(() => socket.destroy())
    },
    destroy: () => {
      socket.destroy()
    },
  }
  socket.on('data', chunk => handler?.data(chunk as Buffer, noFds, false))
  socket.on('error', error => {
    failure = error
  })
  socket.on('close', () => handler?.closed(failure))
  handler = accept(connection)
}

/**
 * Removes a socket file that nobody listens on.
 * @throws Error with code EADDRINUSE when somebody does, or when the path is no socket
 */
export async function removeStale(path: string): Promise<void> {
  const stat = statOrUndefined(path)
  if (!stat) return
  const live = stat.isSocket() ? await answers(path) : true
  if (live) throw Object.assign(new Error(`${path} is in use`), {code: 'EADDRINUSE', path})
  unlinkSync(path)
}

function statOrUndefined(path: string): ReturnType<typeof lstatSync> | undefined {
  try {
    return lstatSync(path)
  } catch {
    return undefined
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(path)
    const done = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => done(true))
    // Anything but a refusal, such as a full backlog, means that somebody is there.
    socket.once('error', error => done((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED'))
  })
}
