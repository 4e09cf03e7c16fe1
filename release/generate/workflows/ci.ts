import type {GeneratedFile} from '../file.ts'
import {checkout, namespaces, node, script, use, workflowFile} from './steps.ts'

/** What the tests have shown, signed; the release of the same commit takes it from the run. */
export const evidenceArtifact = 'evidence'
export const evidenceFile = 'evidence.sigstore.json'

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
          // The packages are there by now; their digests are locked, and this says who published them.
          {name: 'Ask npm for the signatures of the packages', run: 'npm audit signatures'},
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
          // Elsewhere than in the checkout, which must stay as it was committed.
          {name: 'Test', run: 'npm test -- --record "$RUNNER_TEMP/records"'},
          use('actions/upload-artifact', 'Keep what the tests have shown', {
            name: 'records',
            path: '${{ runner.temp }}/records',
            'if-no-files-found': 'error',
            overwrite: true,
          }),
        ],
      },
      // Apart from the tests, which must not be able to sign; never for what strangers propose.
      evidence: {
        name: 'Evidence',
        if: "github.event_name != 'pull_request'",
        needs: 'test',
        'timeout-minutes': 10,
        permissions: {contents: 'read', 'id-token': 'write # signs keyless'},
        steps: [
          checkout(),
          node,
          use('actions/download-artifact', 'Take what the tests have shown', {
            name: 'records',
            path: '${{ runner.temp }}/records',
          }),
          {name: 'Sign', run: signScript},
          use('actions/upload-artifact', 'Keep the evidence', {
            name: evidenceArtifact,
            path: `\${{ runner.temp }}/${evidenceFile}`,
            'retention-days': 90,
            'if-no-files-found': 'error',
            overwrite: true,
          }),
        ],
      },
    },
  })
}

const signScript = script(
  `./lockstep evidence write "$RUNNER_TEMP/records" --keyless --out "$RUNNER_TEMP/${evidenceFile}" | tee -a "$GITHUB_STEP_SUMMARY"`,
)
