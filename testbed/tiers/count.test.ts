import {expect, test} from 'vitest'
import {closingLine, countReport} from './count.ts'
import {root} from './processes.ts'
import {recordsOf} from './record.ts'

const report = {
  numFailedTestSuites: 2,
  testResults: [
    {
      name: '/r/lib/a.test.ts',
      status: 'failed',
      assertionResults: [
        {fullName: 'one', status: 'passed'},
        {fullName: 'two', status: 'failed'},
        {fullName: 'three', status: 'skipped'},
        {fullName: 'four', status: 'todo'},
      ],
    },
    {name: '/r/lib/b.test.ts', status: 'failed', assertionResults: []},
  ],
}

test('a file that breaks before its first test is a failure, not silence', () => {
  const count = countReport(report, '/r')
  expect(closingLine(count)).toBe('1 passed, 2 failed, 2 skipped')
  expect(count.skipped).toEqual(['lib/a.test.ts: three', 'lib/a.test.ts: four'])
})

test('only a test that passed has shown what it says', () => {
  const meta = {evidence: {proves: ['rule'], versions: {kubernetes: '1.36.4'}}}
  const results = ['passed', 'failed', 'skipped'].map(status => ({fullName: status, status, meta}))
  const file = {name: `${root}/lib/a.test.ts`, status: 'failed', assertionResults: results}
  expect(recordsOf({numFailedTestSuites: 0, testResults: [file]})).toEqual([
    {proves: ['rule'], versions: {kubernetes: '1.36.4'}, test: 'lib/a.test.ts: passed'},
  ])
  expect(recordsOf(report)).toEqual([])
})
