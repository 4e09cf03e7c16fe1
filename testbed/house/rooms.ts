/** The release stages in the order of the data's flow: a stage may read what an earlier one defines. */
const stages = [
  'matrix',
  'kernels',
  'live',
  'plan',
  'trust',
  'generate',
  'build',
  'publish',
  'evidence',
  'mirror',
  'archive',
  'cut',
  'upgrade',
  'emit',
  'run',
  'doctor',
].map(s => `release/${s}`)
const shared = ['lib', 'release/lib']
/** What a step of an upgrade does is told before anything is planned: documents write it down as well. */
const actions = 'release/upgrade/actions'

/** What each room may import besides itself; `*` is everything but the test bed. */
export const rooms: Readonly<Record<string, readonly string[] | '*'>> = {
  lib: [],
  'release/lib': ['lib'],
  'release/effects': shared,
  ...Object.fromEntries(stages.map((stage, i) => [stage, [...shared, actions, ...stages.slice(0, i)]])),
  // The matrix is judged by KMM's own rules: which mapping shadows which.
  'release/matrix': [...shared, 'release/kernels'],
  [actions]: [...shared, 'release/matrix', 'release/upgrade'],
  'release/commands': '*',
  'dra-driver': ['lib'],
  'vfio-user-server': ['lib'],
  'dra-sanity': ['lib'],
  'kernel-driver': ['lib'],
  // The guest gets the module as a release builds it, and devices from the server.
  testbed: [
    ...shared,
    'release/effects',
    ...stages.slice(0, stages.indexOf('release/build') + 1),
    // What a run of the tests leaves behind.
    'release/evidence',
    'vfio-user-server',
  ],
}

/** The room a file of the repository belongs to: the longest that fits; undefined outside all rooms. */
export function roomOf(path: string): string | undefined {
  const fitting = Object.keys(rooms).filter(room => path.startsWith(`${room}/`))
  return fitting.sort((a, b) => b.length - a.length)[0]
}

export type Import = {from: string; to: string; typeOnly: boolean}

/** Imports and re-exports of a TypeScript text that lead into the repository, with resolved paths. */
export function importsOf(path: string, text: string): Import[] {
  const pattern = /(?:^|\n)\s*(import|export)\s+(type\s+)?[^'";]*?from\s+'([^']+)'|import\((\s*)'([^']+)'\)/g
  return [...text.matchAll(pattern)].flatMap(match => {
    const to = resolve(path, match[3] ?? match[5] ?? '')
    return to ? [{from: path, to, typeOnly: match[2] !== undefined}] : []
  })
}

function resolve(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('#')) return specifier.slice(1)
  if (!specifier.startsWith('.')) return undefined
  return new URL(specifier, `file:///${from}`).pathname.slice(1)
}

/**
 * Whether an import keeps to the rooms. Types may be named anywhere in `release/`: stages hand each other
 * plain data, and types vanish when the code runs.
 */
export function isAllowed({from, to, typeOnly}: Import): boolean {
  const [here, there] = [roomOf(from), roomOf(to)]
  if (!here || here === there) return true
  const allowed = rooms[here] ?? []
  if (allowed === '*') return there !== 'testbed'
  if (there !== undefined && allowed.includes(there)) return true
  return typeOnly && here.startsWith('release/') && there?.startsWith('release/') === true
}
