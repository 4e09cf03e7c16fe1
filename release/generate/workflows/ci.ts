import type {GeneratedFile} from '../file.ts'
import {checkout, namespaces, node, use, workflowFile} from './steps.ts'

/** What every change has to pass: all that is generated is up to date, and all tests. */
export function ciWorkflow(branches: readonly string[]): GeneratedFile {
  return workflowFile('ci', {
    name: 'ci',
    on: {push: {branches}, pull_request: {}, workflow_dispatch: {}},
    concurrency: {
      group: 'ci-${{ github.ref }}',
      'cancel-in-progress': "${{ github.event_name == 'pull_request' }}",
    },
    jobs: {
      check: {
        name: 'Matrix and generated files',
        'timeout-minutes': 10,
        steps: [
          checkout(),
          node,
          {name: 'Compare generated files with the matrix', uses: './', with: {command: 'check'}},
        ],
      },
      test: {
        name: 'Tests',
        'timeout-minutes': 180,
        steps: [
          checkout(),
          node,
          namespaces,
          use('actions/cache', 'Keep the toolbox root and the Go tools', {
            path: '/tmp/mock-device/toolbox\n/tmp/mock-device/tools\n/tmp/mock-device/debs\n',
            key: "toolbox-${{ hashFiles('testbed/toolbox/*.lock.yaml', 'testbed/tools/**/go.sum', 'testbed/tools/tools.ts') }}",
          }),
          {name: 'Test', run: 'npm test'},
        ],
      },
    },
  })
}
