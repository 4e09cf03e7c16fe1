import {execFile} from 'node:child_process'
import {mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {recordFormat, type TestRecord} from '#release/evidence/record.ts'
import type {Shown} from '../evidence.ts'
import type {Count, VitestReport} from './count.ts'
import {root} from './processes.ts'

/** What tests that passed have said of what they ran with; others show nothing. */
export function recordsOf(report: VitestReport): TestRecord['records'] {
  return report.testResults.flatMap(file =>
    file.assertionResults.flatMap(({fullName, status, meta}) => {
      const shown = (meta as {evidence?: Shown} | undefined)?.evidence
      if (status !== 'passed' || !shown) return []
      return [{...shown, test: `${file.name.replace(`${root}/`, '')}: ${fullName}`}]
    }),
  )
}

/** Which files are tested: those of a commit, or others. */
export type Sources = Pick<TestRecord, 'commit' | 'changed'>

export async function sourcesNow(): Promise<Sources> {
  return {commit: await git('rev-parse', 'HEAD'), changed: (await git('status', '--porcelain')) !== ''}
}

/** A checkout that moved on while it was tested: nobody can tell which files a test has seen. */
export function sourcesOf(before: Sources, after: Sources): Sources {
  const changed = before.changed || after.changed || before.commit !== after.commit
  return {commit: before.commit, changed}
}

/**
 * Writes `DIR/<tier>.json` for `lockstep evidence write`.
 * @param before the sources as they were when the run began
 */
export async function writeRecord(
  folder: string,
  name: string,
  before: Sources,
  count: Count,
  records: TestRecord['records'],
): Promise<void> {
  const record: TestRecord = {
    apiVersion: recordFormat,
    name,
    ...sourcesOf(before, await sourcesNow()),
    finished: new Date().toISOString(),
    passed: count.passed,
    failed: count.failed,
    skipped: count.skipped.length,
    records,
  }
  await mkdir(folder, {recursive: true})
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(record, undefined, 2)}\n`)
}

async function git(...args: string[]): Promise<string> {
  const {stdout} = await promisify(execFile)('git', args, {cwd: root})
  return stdout.trim()
}
