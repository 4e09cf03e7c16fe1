import {readdir, readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {fail} from '#lib/diagnostics.ts'

/** A line or stanza of apt's configuration that offers binary packages. */
export type AptSource = {uri: string; suite: string}

const codenames = ['bookworm', 'trixie', 'forky', 'sid', 'oldstable', 'stable', 'testing', 'unstable']
const suitePattern = new RegExp(`^(?:${codenames.join('|')})(?:-updates|-backports|-security|/updates)?$`)

/** Reads one-line sources (`deb [options] URI suite components`), sources.list(5). */
export function parseOneLine(text: string): AptSource[] {
  return text.split('\n').flatMap(line => {
    const match = /^\s*deb\s+(?:\[[^\]]*\]\s*)?(\S+)\s+(\S+)/.exec(line)
    return match?.[1] && match[2] ? [{uri: match[1], suite: match[2]}] : []
  })
}

/** Reads deb822 stanzas (`Types:`, `URIs:`, `Suites:`), sources.list(5). */
export function parseDeb822(text: string): AptSource[] {
  return text.split(/\n\s*\n/).flatMap(stanza => {
    const field = (name: string) =>
      new RegExp(`^${name}:[ \\t]*(.*(?:\\n[ \\t].*)*)`, 'im')
        .exec(stanza)?.[1]
        ?.split(/\s+/)
        .filter(Boolean) ?? []
    if (!field('Types').includes('deb') || field('Enabled').some(v => /^(no|false|off|0)$/i.test(v)))
      return []
    return field('URIs').flatMap(uri => field('Suites').map(suite => ({uri, suite})))
  })
}

/**
 * The mirror's root for a suite, from sources that are Debian's own: an Ubuntu or vendor source names other
 * suites. Security updates come from an archive of their own.
 */
export function chooseMirror(sources: readonly AptSource[], suite: string): string | undefined {
  const security = isSecurity(suite)
  const usable = sources.filter(s => /^https?:/.test(s.uri) && suitePattern.test(s.suite))
  return usable.find(s => isSecurity(s.suite) === security)?.uri.replace(/\/+$/, '')
}

const isSecurity = (suite: string) => /(-security|\/updates)$/.test(suite)

let known: Promise<AptSource[]> | undefined

/**
 * Where the machine gets this suite's packages: MOCK_DEVICE_DEBIAN_MIRROR, else its apt configuration with
 * the suite swapped, else (on Ubuntu) the default that an installed Debian bootstrap program carries.
 * @throws DiagnosticError T001, exit 3, when the machine knows no Debian mirror
 */
export async function mirrorFor(suite: string, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const told = env.MOCK_DEVICE_DEBIAN_MIRROR
  if (told) return told.replace(/\/+$/, '') + (isSecurity(suite) ? '-security' : '')
  known ??= readSources('/etc/apt')
  const mirror = chooseMirror(await known, suite) ?? (await bootstrapDefault(suite))
  return (
    mirror ??
    fail(
      {
        code: 'T001',
        message: `no Debian mirror for ${suite} in this machine's apt configuration`,
        expected: 'a source of a Debian suite in /etc/apt/sources.list or /etc/apt/sources.list.d',
        hint: 'set MOCK_DEVICE_DEBIAN_MIRROR=URL of a Debian mirror, or `apt-get install mmdebstrap`, which knows one',
      },
      3,
    )
  )
}

async function readSources(folder: string): Promise<AptSource[]> {
  const parts = await readdir(join(folder, 'sources.list.d')).catch(() => [])
  const files = ['sources.list', ...parts.sort().map(name => join('sources.list.d', name))]
  const texts = files.map(async name => {
    const text = await readFile(join(folder, name), 'utf8').catch(() => '')
    return name.endsWith('.sources') ? parseDeb822(text) : name.endsWith('.list') ? parseOneLine(text) : []
  })
  return (await Promise.all(texts)).flat()
}

/** Ubuntu's mmdebstrap and debootstrap each carry the address of Debian's own mirror. */
async function bootstrapDefault(suite: string): Promise<string | undefined> {
  const programs = ['/usr/bin/mmdebstrap', '/usr/share/debootstrap/scripts/sid']
  for (const program of programs) {
    const text = await readFile(program, 'utf8').catch(() => '')
    const mirror = /(?:\$mirror\s*=\s*'|default_mirror )(https?:\/\/[^'\s]+\/debian)\b/.exec(text)?.[1]
    if (mirror) return mirror + (isSecurity(suite) ? '-security' : '')
  }
  return undefined
}
