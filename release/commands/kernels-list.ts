import {imageTag} from '../kernels/kmm.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import type {Run} from './command.ts'
import {kernelsOf} from './kernels-inputs.ts'
import {print, table} from './output.ts'
import {loadWorkspace, type Workspace} from './workspace.ts'

export const run: Run = async (_args, context) => {
  const workspace = await loadWorkspace(context)
  const {kernels, release} = kernelsOf(workspace)
  const lines = kernels.lines.map(line => lineOf(line, release.version, workspace))
  print(context, {version: release.version, resolved: workspace.lock?.resolved, lines}, paint => {
    const rows = lines.flatMap(({id, state, deliver, arch, kernels: found, match}) =>
      (found.length > 0 ? found : [{kernel: match, tag: ''}]).map((k, i) =>
        i === 0 ? [id, state, deliver, arch, k.kernel] : ['', '', '', '', k.kernel],
      ),
    )
    const list = table(['LINE', 'STATE', 'DELIVER', 'ARCH', 'KERNELS'], rows, paint, context.width)
    return `${list}\nlock of ${workspace.lock?.resolved ?? 'never'}; a line without exact kernels shows the names that it takes\n`
  })
  return 0
}

type KernelLine = NonNullable<Matrix['kernels']>['lines'][number]

function lineOf(
  {id, title, state, deliver, arch, match, ...line}: KernelLine,
  version: string,
  {lock}: Workspace,
) {
  const exact = lock?.lines[id]?.map(k => k.kernel) ?? line.kernels
  const built = state === 'supported' && deliver === 'prebuilt'
  const kernels = exact.map(kernel => ({kernel, ...(built ? {tag: imageTag(version, kernel)} : {})}))
  return {id, title, state, deliver, arch, match, kernels}
}
