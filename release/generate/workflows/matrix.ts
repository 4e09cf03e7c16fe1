import type {GeneratedFile} from '../file.ts'
import {login} from './release.ts'
import {checkout, node, script, workflowFile} from './steps.ts'

/**
 * What was learnt since a release reaches its users without another one: the matrix of each branch, whenever it changes.
 * @param file the matrix, from the checkout's root
 */
export function matrixWorkflow(branches: readonly string[], file: string, registry: string): GeneratedFile {
  return workflowFile('matrix', {
    name: 'matrix',
    on: {push: {branches, paths: [file]}, workflow_dispatch: {}},
    concurrency: {group: 'matrix-${{ github.ref }}', 'cancel-in-progress': false},
    jobs: {
      publish: {
        name: 'Publish the matrix',
        environment: 'release',
        'timeout-minutes': 10,
        permissions: {
          contents: 'read',
          packages: 'write # the artifact of the matrix',
          'id-token': 'write # signs keyless',
        },
        steps: [
          // Its day is that of the commit which last changed it.
          checkout({'fetch-depth': 0}),
          node,
          login(registry),
          {name: 'Publish', run: publishScript},
        ],
      },
    },
  })
}

const publishScript = script('./lockstep matrix publish --yes --keyless | tee -a "$GITHUB_STEP_SUMMARY"')
