import {fail} from '#lib/diagnostics.ts'
import {isRepositoryName} from '../oci/repository-name.ts'

/** Where to publish to, or to read from. `origin` is what requests go to, `prefix` is '' or a path. */
export type TargetReference =
  | {kind: 'layout'; dir: string}
  | {kind: 'archive'; file: string}
  | {kind: 'registry'; host: string; origin: string; prefix: string}

export type ReferenceOptions = {
  /** Speak HTTP without TLS, as one does to loopback addresses anyway. */
  plainHttp?: boolean
}

const host = /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::\d{1,5})?$/

/**
 * Reads `oci:DIR`, `oci-archive:FILE` or `REGISTRY[/PREFIX]`; `https://` or `http://` before a registry settles how to speak to it.
 * @throws R009 anything else, telling what is wrong with it
 */
export function parseTarget(text: string, options: ReferenceOptions = {}): TargetReference {
  if (text.startsWith('oci://'))
    return bad(
      text,
      'oci:// is how Helm writes registries',
      `write ${text.slice(6)}, or oci:DIR for a folder`,
    )
  if (text.startsWith('oci:')) {
    const dir = text.slice(4)
    return dir ? {kind: 'layout', dir} : bad(text, 'it names no folder', 'write oci:DIR')
  }
  if (text.startsWith('oci-archive:')) {
    const file = text.slice('oci-archive:'.length)
    return file ? {kind: 'archive', file} : bad(text, 'it names no file', 'write oci-archive:FILE')
  }
  const [, scheme, rest = ''] = /^(?:(https?):\/\/)?(.*)$/s.exec(text) ?? []
  const [server = '', ...path] = rest.replace(/\/+$/, '').split('/')
  const prefix = path.join('/')
  if (!looksLikeHost(server))
    return bad(
      text,
      `${JSON.stringify(server)} is no registry`,
      `write oci:${text} for a folder, or ghcr.io/${text}`,
    )
  if (prefix.includes('@') || /:[^/]*$/.test(prefix))
    return bad(text, 'it has a tag or digest', 'leave it out: names and tags come from the plan')
  if (prefix && !isRepositoryName(prefix))
    return bad(
      text,
      `${JSON.stringify(prefix)} can't be a repository's name`,
      'lower case only, parts joined by "/"',
    )
  const plain = scheme ? scheme === 'http' : (options.plainHttp ?? false) || isLoopback(server)
  // Docker Hub's registry answers elsewhere than its name says.
  const address = ['docker.io', 'index.docker.io'].includes(server) ? 'registry-1.docker.io' : server
  return {kind: 'registry', host: server, origin: `${plain ? 'http' : 'https'}://${address}`, prefix}
}

/** As Docker decides: a dot, a port, or localhost. */
function looksLikeHost(text: string): boolean {
  return (
    host.test(text) &&
    URL.canParse(`https://${text}`) &&
    (text.includes('.') || text.includes(':') || text === 'localhost')
  )
}

export function isLoopback(server: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/.test(server)
}

function bad(text: string, why: string, hint: string): never {
  fail(
    {
      code: 'R009',
      message: `can't use ${JSON.stringify(text)} as a target: ${why}`,
      expected:
        'oci:DIR, oci-archive:FILE or REGISTRY/PREFIX, such as oci:dist/oci or ghcr.io/acme/mock-device',
      hint,
    },
    2,
  )
}
