/** How many checks passed, failed and were skipped, and the names of those that were skipped or failed. */
export type Count = {passed: number; failed: number; skipped: string[]}

export const none: Count = {passed: 0, failed: 0, skipped: []}

export const sum = (counts: readonly Count[]): Count => ({
  passed: counts.reduce((n, c) => n + c.passed, 0),
  failed: counts.reduce((n, c) => n + c.failed, 0),
  skipped: counts.flatMap(c => c.skipped),
})

/** The part of vitest's JSON report (jest's format) that we count. */
export type VitestReport = {
  numFailedTestSuites: number
  testResults: {
    name: string
    status: string
    assertionResults: {fullName: string; status: string; meta?: unknown}[]
  }[]
}

/**
 * Counts a report. A file that fails without a failed test in it (it does not compile, a hook throws) counts
 * as one failure.
 * @param root paths are told relative to it
 */
export function countReport(report: VitestReport, root: string): Count {
  return sum(
    report.testResults.map(file => {
      const states = file.assertionResults.map(test => test.status)
      const failed = states.filter(s => s === 'failed').length
      const name = file.name.replace(`${root}/`, '')
      return {
        passed: states.filter(s => s === 'passed').length,
        failed: failed === 0 && file.status === 'failed' ? 1 : failed,
        skipped: file.assertionResults
          .filter(test => !['passed', 'failed'].includes(test.status))
          .map(test => `${name}: ${test.fullName}`),
      }
    }),
  )
}

/** The one line that ends a run. */
export const closingLine = (count: Count): string =>
  `${count.passed} passed, ${count.failed} failed, ${count.skipped.length} skipped`
