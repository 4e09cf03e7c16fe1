import {fail} from '#lib/diagnostics.ts'
import type {TreeFile} from './plan.ts'

/** The tree's files at or below any of the paths, in bytewise order. */
export function filesBelow(tree: readonly TreeFile[], paths: readonly string[], who: string): TreeFile[] {
  const found = tree.filter(f => paths.some(p => p === '.' || f.path === p || f.path.startsWith(`${p}/`)))
  for (const p of paths)
    if (p !== '.' && !found.some(f => f.path === p || f.path.startsWith(`${p}/`)))
      fail({
        code: 'P003',
        message: `${who}: nothing lies at ${p}`,
        hint: `correct the path in components/${who}.yaml, or run \`./lockstep generate\` when it is a generated file`,
      })
  return found
}
