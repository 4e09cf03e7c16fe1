import {join, resolve} from 'node:path'
import {fail} from '#lib/diagnostics.ts'
import {gitOf} from '../effects/git.ts'
import {readRecord} from '../evidence/record.ts'
import {evidenceFile} from '../evidence/referrers.ts'
import {evidenceStatement} from '../evidence/statement.ts'
import type {Git} from '../lib/effects.ts'
import {bundleBytes} from '../trust/bundle.ts'
import {runnerOf} from './build-source.ts'
import type {Context, Run} from './command.ts'
import {recordFiles} from './evidence-files.ts'
import {count, print} from './output.ts'
import {matrixFile, rootOf, shown} from './read-files.ts'
import {publishSigner} from './trust.ts'
import {loadMatrixOnly} from './workspace.ts'

/** What the tests of this commit have shown, signed. */
export const run: Run = async (args, context) => {
  const [folder = ''] = args.words
  const {matrix} = await loadMatrixOnly(context, true)
  const git = gitOf(rootOf(context), 'origin', context.exec)
  await refuseUncommitted(git, context)
  const paths = await recordFiles(folder, context)
  const runs = await Promise.all(
    paths.map(async path => readRecord(await context.files.read(path), shown(context, path))),
  )
  const {invocation, builder} = runnerOf(context.env, matrix.product.repository)
  const statement = evidenceStatement(runs, {
    product: matrix.product.id,
    version: matrix.release?.version ?? 'none',
    repository: matrix.product.repository,
    commit: await git.head(),
    builder,
    ...(invocation ? {run: invocation} : {}),
  })
  const signer = await publishSigner(args, 'sign-key', context)
  if (!signer)
    fail(
      {
        code: 'H005',
        message: 'evidence counts only when it is signed',
        hint: 'give --sign-key FILE; in GitHub Actions --keyless',
      },
      2,
    )
  const out = resolve(context.cwd, args.text('out') ?? evidenceFile)
  await context.files.write(out, bundleBytes(await signer.signStatement(statement)))
  const records = runs.flatMap(r => r.records)
  print(context, {file: out, signer: signer.name, statement}, () => {
    const tests = count(records.length, 'test')
    return `${shown(context, out)}: what ${tests} of ${runs.map(r => r.name).join(', ')} have shown, signed by ${signer.name}\n`
  })
  return 0
}

/** The version is told from the matrix, so it must be the commit's own. @throws H003 */
async function refuseUncommitted(git: Git, context: Context): Promise<void> {
  const file = matrixFile(context, rootOf(context))
  const text = await context.files.read(join(rootOf(context), file))
  if ((await git.committed(file))?.equals(text)) return
  fail({
    code: 'H003',
    message: `${file} is not as it is committed, and it tells which version was tested`,
    hint: 'put its changes away, or commit them and run the tests again',
  })
}
