import type {Diagnostic} from '#lib/diagnostics.ts'
import {lineProblems} from '#release/kernels/mappings.ts'
import {takes} from '#release/kernels/shadow.ts'
import {compareVersions, parseVersion} from '#release/lib/versions.ts'
import type {KernelLine} from '../schema/kernels.ts'
import {type Context, entryPlace, problem} from './context.ts'

/**
 * Kernel lines: the expressions and their order as KMM reads them (K004, K010 to K013 of release/kernels), M160 an
 * exact kernel outside its own line, M161 a line without what its state needs, M162 claimed newer than proven.
 */
export function* kernels(context: Context): Generator<Diagnostic> {
  const {kernels, release} = context.matrix
  if (!kernels) return
  // Only the conditions are judged; what images they lead to is the same for all.
  const named = {
    version: release?.version ?? '0.0.0',
    registry: release?.registry ?? 'registry',
    image: 'image',
    module: kernels.module,
  }
  for (const {index, related, ...rest} of lineProblems(kernels.lines, named)) {
    const path = ['kernels', 'lines', index, 'match'] as const
    yield {
      ...rest,
      place: context.source.locate(path),
      ...(related.length > 0
        ? {
            related: related.map(i => ({
              message: `line \`${kernels.lines[i]?.id}\``,
              place: context.source.locate(['kernels', 'lines', i, 'match']),
            })),
          }
        : {}),
    }
  }
  for (const [i, line] of kernels.lines.entries()) {
    yield* exactKernels(context, line, i)
    const lack = lackOf(line)
    if (lack)
      yield {code: 'M161', severity: 'error', place: entryPlace(context, ['kernels', 'lines', i]), ...lack}
  }
  const [claimed, proven] = [parseVersion(kernels.claimed, 'kernel'), parseVersion(kernels.proven, 'kernel')]
  if (claimed && proven && compareVersions(claimed, proven) > 0)
    yield problem(context, ['kernels', 'claimed'], {
      code: 'M162',
      message: `${kernels.claimed} is claimed as the oldest kernel, but ${kernels.proven} is proven already`,
      expected: `${kernels.proven} or older`,
    })
}

function* exactKernels(context: Context, line: KernelLine, index: number): Generator<Diagnostic> {
  for (const [i, kernel] of line.kernels.entries())
    if (takes(line.match, kernel) === false)
      yield problem(context, ['kernels', 'lines', index, 'kernels', i], {
        code: 'M160',
        message: `the line \`${line.id}\` lists ${kernel}, which its own expression does not match`,
        hint: 'mend the name or the expression, or give the kernel a line of its own',
        related: [
          {message: 'the expression', place: context.source.locate(['kernels', 'lines', index, 'match'])},
        ],
      })
}

function lackOf(line: KernelLine): Pick<Diagnostic, 'message' | 'hint'> | undefined {
  const needs = (what: string, hint: string) => ({
    message: `the ${line.state} line \`${line.id}\` ${what}`,
    hint,
  })
  if (line.state === 'eol')
    return line.lastImage === undefined
      ? needs('has no `lastImage` to stay at', 'add lastImage: repository:tag, or remove the line')
      : undefined
  if (line.state === 'planned') return undefined
  if (line.keep < 1) return needs('keeps no kernel', 'set keep to 1 or more')
  if (line.deliver === 'kmm-build')
    return line.archive?.kind === 'rpm'
      ? undefined
      : needs(
          'is built in the cluster but names no builder',
          'add archive: {kind: rpm, distribution: …, release: …, builder: …}',
        )
  return line.archive || line.kernels.length > 0
    ? undefined
    : needs('has no kernels to build', 'add archive, or list exact kernels')
}
