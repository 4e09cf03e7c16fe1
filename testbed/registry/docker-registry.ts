import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {freePorts, problem, serverOf, until} from '../cluster/processes.ts'
import {openToolbox} from '../toolbox/toolbox.ts'

export type DockerRegistryOptions = {
  /** Serve with TLS, by a fresh certificate for 127.0.0.1 that signs itself. */
  tls?: boolean
  /** Let only `ann` with the password `secret` in. */
  auth?: boolean
}
export type DockerRegistry = {
  /** `127.0.0.1:PORT` */
  host: string
  /** PEM of the certificate, with `tls`. */
  certificate?: string
  stop(): Promise<void>
}

/** bcrypt of "secret", as htpasswd writes it: the only kind that the registry takes. */
const passwords = 'ann:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n'

/**
 * The real registry (CNCF distribution) of the toolbox, empty, on a free port of the loopback.
 * @param dir an empty folder for its data and log
 * @throws B530, B531 it did not come up; B532 no certificate could be made
 */
export async function startDockerRegistry(
  dir: string,
  {tls = false, auth = false}: DockerRegistryOptions = {},
): Promise<DockerRegistry> {
  const toolbox = await openToolbox()
  const [port = 0] = await freePorts(1)
  const host = `127.0.0.1:${port}`
  const binds = [{from: dir, to: '/build'}]
  await mkdir(join(dir, 'data'), {recursive: true})
  await writeFile(join(dir, 'htpasswd'), passwords)
  await writeFile(join(dir, 'config.yaml'), JSON.stringify(configuration(port, tls, auth)))
  const certificate = tls ? await selfSigned(toolbox, binds) : undefined
  const child = toolbox.spawn(['docker-registry', 'serve', '/build/config.yaml'], {binds})
  const server = serverOf(child, 'docker-registry', join(dir, 'log'))
  // Without trust in the certificate: only whether somebody listens.
  const listens = () =>
    fetch(`${tls ? 'https' : 'http'}://${host}/v2/`).then(
      () => true,
      (error: TypeError) => /CERT|SELF_SIGNED/.test(String((error.cause as {code?: string})?.code)),
    )
  await until('docker-registry', listens, [server])
  return {host, ...(certificate ? {certificate} : {}), stop: () => server.stop()}
}

function configuration(port: number, tls: boolean, auth: boolean): unknown {
  return {
    version: '0.1',
    log: {level: 'warn', accesslog: {disabled: true}},
    storage: {filesystem: {rootdirectory: '/build/data'}},
    http: {
      addr: `127.0.0.1:${port}`,
      ...(tls ? {tls: {certificate: '/build/cert.pem', key: '/build/key.pem'}} : {}),
    },
    ...(auth ? {auth: {htpasswd: {realm: 'test', path: '/build/htpasswd'}}} : {}),
  }
}

type Toolbox = Awaited<ReturnType<typeof openToolbox>>

async function selfSigned(toolbox: Toolbox, binds: {from: string; to: string}[]): Promise<string> {
  const request = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test'
  const names = ['-addext', 'subjectAltName=IP:127.0.0.1']
  const files = ['-keyout', '/build/key.pem', '-out', '/build/cert.pem']
  const made = await toolbox.run(['openssl', ...request.split(' '), ...names, ...files], {binds})
  if (made.code !== 0) throw problem('B532', `openssl: ${made.stderr}`)
  return (await toolbox.run(['cat', '/build/cert.pem'], {binds})).stdout.toString()
}
