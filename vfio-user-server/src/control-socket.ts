import {connect, createServer, type Server as NetServer, type Socket} from 'node:net'
import {type Answer, answerLine, type Request} from './control.ts'
import {removeStale} from './plain-transport.ts'
import type {Server} from './server.ts'

/** Longest line taken. */
const maxLine = 64 * 1024
/** The first descriptor that systemd hands over (sd_listen_fds(3)). */
const firstInherited = 3

/**
 * Serves the control socket: newline-delimited JSON. At `path`, or on the socket that systemd listens on already.
 * @throws Error with code EADDRINUSE when somebody listens there
 */
export async function serveControl(server: Server, path: string, inherited: boolean): Promise<NetServer> {
  const listener = createServer(socket => serveClient(server, socket))
  if (!inherited) await removeStale(path)
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject)
    listener.listen(inherited ? {fd: firstInherited} : {path}, resolve)
  })
  return listener
}

/** Whether systemd has handed a listening socket to this process. */
export function hasInheritedSocket(env: NodeJS.ProcessEnv, pid: number): boolean {
  return env.LISTEN_PID === String(pid) && Number(env.LISTEN_FDS) >= 1
}

function serveClient(server: Server, socket: Socket): void {
  socket.on('error', () => socket.destroy())
  onLines(
    socket,
    line => socket.write(`${JSON.stringify(answerLine(server, line))}\n`),
    () => socket.destroy(),
  )
}

/** Cuts what comes into lines; `tooLong` ends it. */
function onLines(socket: Socket, each: (line: string) => void, tooLong: () => void): void {
  let rest = ''
  socket.setEncoding('utf8')
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') each(line)
    if (rest.length > maxLine) tooLong()
  })
}

/**
 * Asks a server one thing.
 * @throws Error of the socket when nobody listens; Error when it hangs up
 */
export function ask(path: string, request: Request): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    let text = ''
    socket.setEncoding('utf8')
    socket.once('error', reject)
    socket.once('connect', () => socket.write(`${JSON.stringify(request)}\n`))
    socket.on('data', (part: string) => {
      text += part
      if (!text.endsWith('\n')) return
      resolve(JSON.parse(text) as Answer)
      socket.destroy()
    })
    socket.once('close', () => reject(new Error('the server hung up')))
  })
}
