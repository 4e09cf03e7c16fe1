/**
 * Every action that a workflow uses: a tag can be moved by whoever owns the repository, a commit can't. Renovate proposes
 * new ones by the pattern in deploy/renovate.ts, so each stays on one line.
 */
export const actions = {
  'actions/cache': {version: 'v5.0.5', commit: '27d5ce7f107fe9357f9df03efb73ab90386fccae'},
  'actions/checkout': {version: 'v7.0.1', commit: '3d3c42e5aac5ba805825da76410c181273ba90b1'},
  'actions/download-artifact': {version: 'v8.0.1', commit: '3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c'},
  'actions/setup-node': {version: 'v7.0.0', commit: '820762786026740c76f36085b0efc47a31fe5020'},
  'actions/upload-artifact': {version: 'v7.0.0', commit: 'bbbca2ddaa5d8feaa63e36b76fdaad77386f024f'},
} as const satisfies Record<string, {version: string; commit: string}>

export type Action = keyof typeof actions

/** `uses:` of an action. */
export function pinned(action: Action): string {
  return `${action}@${actions[action].commit}`
}

/** YAML with each pinned commit's version behind it, where people and Renovate look for it. */
export function withVersions(yaml: string): string {
  return Object.entries(actions).reduce(
    (text, [name, {version, commit}]) =>
      text.replaceAll(`${name}@${commit}`, `${name}@${commit} # ${version}`),
    yaml,
  )
}
