import {readFile} from 'node:fs/promises'
import {Agent, request} from 'node:https'

/** Reads an object or a list of the API server by its path. */
export type ApiReader = {get<T>(path: string): Promise<T>; close(): void}

type Kubeconfig = {
  clusters: readonly {cluster: {server: string; 'certificate-authority-data': string}}[]
  users: readonly {user: {token: string}}[]
}

/**
 * Speaks to a test cluster's API server over one connection. Tests ask the same question again and again, and a process of
 * kubectl each time would take the processor from the node.
 * @param path of a kubeconfig that `startControlPlane` wrote
 */
export async function apiReader(path: string): Promise<ApiReader> {
  const {clusters, users} = JSON.parse(await readFile(path, 'utf8')) as Kubeconfig
  const [{cluster}, {user}] = [only(clusters), only(users)]
  const ca = Buffer.from(cluster['certificate-authority-data'], 'base64')
  const agent = new Agent({keepAlive: true, ca})
  const headers = {authorization: `Bearer ${user.token}`}
  return {
    get: <T>(path: string) =>
      new Promise<T>((resolve, reject) => {
        const asked = request(cluster.server + path, {agent, headers, timeout: 30_000}, response => {
          let text = ''
          response.setEncoding('utf8')
          response.on('data', part => {
            text += part
          })
          response.on('error', reject)
          response.on('end', () => {
            if (response.statusCode === 200) resolve(JSON.parse(text) as T)
            else reject(new Error(`GET ${path}: ${response.statusCode} ${text.slice(0, 300)}`))
          })
        })
        asked.on('timeout', () => asked.destroy(new Error('no answer within 30 s')))
        asked.on('error', reject)
        asked.end()
      }),
    close: () => agent.destroy(),
  }
}

function only<T>(list: readonly T[]): T {
  const [first] = list
  if (first === undefined || list.length !== 1) throw new TypeError('one of each was expected')
  return first
}
