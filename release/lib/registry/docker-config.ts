import {homedir} from 'node:os'
import {join} from 'node:path'
import {DiagnosticError, fail} from '#lib/diagnostics.ts'
import type {Exec, Files} from '../effects.ts'
import {isRecord} from '../oci/manifest.ts'

/** How to prove who one is: a name with a password, or a refresh token for the OAuth2 flow. */
export type Credential = {username: string; password: string} | {identityToken: string}
/** @param host as in references, `ghcr.io` or `localhost:5000` */
export type Credentials = (host: string) => Promise<Credential | undefined>

/**
 * Credentials as `docker login` keeps them: `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`.
 * credHelpers go before credsStore, that before auths. Hosts must be equal, never only alike.
 * @throws R008 unreadable configuration, R007 a credential helper failed
 */
export function dockerCredentials(world: {
  files: Files
  exec: Exec
  env: Record<string, string | undefined>
}): Credentials {
  const {files, exec, env} = world
  const dir = env.DOCKER_CONFIG || join(env.HOME || homedir(), '.docker')
  const path = join(dir, 'config.json')
  let config: Promise<Record<string, unknown>> | undefined
  const found = new Map<string, Promise<Credential | undefined>>()

  const look = async (host: string): Promise<Credential | undefined> => {
    config ??= readConfig(files, path)
    const {credHelpers, credsStore, auths} = await config
    const key = serverKey(host)
    const helper = isRecord(credHelpers) ? entryFor(credHelpers, key) : undefined
    const program = typeof helper === 'string' && helper ? helper : credsStore
    if (typeof program === 'string' && program) {
      const stored = await askHelper(exec, program, key)
      if (stored) return stored
    }
    return isRecord(auths) ? credentialOf(entryFor(auths, key), path, host) : undefined
  }
  return host => {
    const known = found.get(host) ?? look(host)
    found.set(host, known)
    return known
  }
}

async function readConfig(files: Files, path: string): Promise<Record<string, unknown>> {
  if (!(await files.stat(path))) return {}
  try {
    const config: unknown = JSON.parse((await files.read(path)).toString())
    if (isRecord(config)) return config
  } catch (error) {
    if (error instanceof DiagnosticError) throw error
  }
  return badConfig(path, 'it is no JSON object')
}

/** Docker Hub's entry has a name of its own. */
function serverKey(host: string): string {
  return ['docker.io', 'index.docker.io', 'registry-1.docker.io'].includes(host)
    ? 'https://index.docker.io/v1/'
    : host
}

/** Keys may be written as URLs (`https://ghcr.io/v2/`): only their hosts count. */
function entryFor(table: Record<string, unknown>, key: string): unknown {
  const hostOf = (text: string) => text.replace(/^https?:\/\//, '').replace(/\/.*$/, '')
  if (table[key] !== undefined) return table[key]
  return Object.entries(table).find(([name]) => hostOf(name) === hostOf(key))?.[1]
}

function credentialOf(entry: unknown, path: string, host: string): Credential | undefined {
  if (!isRecord(entry)) return undefined
  const {identitytoken, auth, username, password} = entry
  if (typeof identitytoken === 'string' && identitytoken) return {identityToken: identitytoken}
  if (typeof auth === 'string' && auth) {
    const text = Buffer.from(auth, 'base64').toString()
    const colon = text.indexOf(':')
    if (colon < 0) return badConfig(path, `the entry of ${host} has an "auth" without a colon inside`)
    return {username: text.slice(0, colon), password: text.slice(colon + 1)}
  }
  if (typeof username === 'string' && typeof password === 'string' && username) return {username, password}
  return undefined
}

/** The protocol of docker-credential-helpers: the server on standard input, JSON on standard output. */
async function askHelper(exec: Exec, name: string, server: string): Promise<Credential | undefined> {
  const program = `docker-credential-${name}`
  const {code, stdout, stderr} = await exec.run([program, 'get'], {stdin: server, timeout: 60_000})
  const text = stdout.toString().trim()
  if (code !== 0) {
    if (/credentials not found/i.test(text + stderr.toString())) return undefined
    return helperFailed(program, server, text || stderr.toString().trim() || `it ended with ${code}`)
  }
  let answer: unknown
  try {
    answer = JSON.parse(text)
  } catch {
    return helperFailed(program, server, 'its answer is no JSON')
  }
  if (!isRecord(answer) || typeof answer.Username !== 'string' || typeof answer.Secret !== 'string')
    return helperFailed(program, server, 'its answer has no Username and Secret')
  // How some helpers say that they know nothing.
  if (answer.Username === '' && answer.Secret === '') return undefined
  return answer.Username === '<token>'
    ? {identityToken: answer.Secret}
    : {username: answer.Username, password: answer.Secret}
}

function helperFailed(program: string, server: string, why: string): never {
  fail(
    {
      code: 'R007',
      message: `${program} gave no credentials for ${server}: ${why}`,
      hint: `try: echo ${server} | ${program} get`,
    },
    3,
  )
}

function badConfig(path: string, why: string): never {
  fail({code: 'R008', message: `${path} can't be used: ${why}`, hint: 'mend it, or `docker login` anew'}, 2)
}
