import type {GeneratedFile} from '../file.ts'
import {evidenceArtifact, evidenceFile} from './ci.ts'
import {checkout, namespaces, node, script, storeFolder, use, workflowFile} from './steps.ts'

/** GitHub makes no more jobs than this of one matrix. */
const mostJobs = 256

/**
 * A tag's release: each shard of kernels in a job of its own, then one job that builds the rest and publishes all, with what it
 * was made from. It may be run again, on the same tag, until it ends well: what is there already is left as it is.
 * @param registry the host that images are pushed to, such as `ghcr.io`
 */
export function releaseWorkflow(registry: string): GeneratedFile {
  const onTag = "startsWith(github.ref, 'refs/tags/v')"
  return workflowFile('release', {
    name: 'release',
    // A tag that was pushed once tells nobody again: by hand, a run that broke off is finished.
    on: {push: {tags: ['v*']}, workflow_dispatch: {}},
    concurrency: {group: 'release-${{ github.ref }}', 'cancel-in-progress': false},
    jobs: {
      plan: {
        name: 'Plan',
        if: onTag,
        'timeout-minutes': 10,
        outputs: {shards: '${{ steps.plan.outputs.shards }}'},
        steps: [checkout(), node, {name: 'Plan', id: 'plan', run: planScript}],
      },
      modules: {
        name: 'Modules ${{ matrix.shard }}',
        needs: 'plan',
        'timeout-minutes': 60,
        // One kernel that does not build must not hide what the others have to say.
        strategy: {'fail-fast': false, matrix: {include: '${{ fromJSON(needs.plan.outputs.shards) }}'}},
        steps: [
          checkout(),
          node,
          namespaces,
          {name: 'Build', env: {KERNELS: '${{ matrix.kernels }}'}, run: buildScript},
          use('actions/upload-artifact', 'Hand over what was built', {
            name: 'modules-${{ matrix.shard }}',
            path: storeFolder,
            'retention-days': 1,
            'if-no-files-found': 'error',
            overwrite: true,
          }),
        ],
      },
      publish: {
        name: 'Publish',
        needs: 'modules',
        environment: 'release',
        'timeout-minutes': 120,
        permissions: {
          actions: 'read # the evidence of the run that tested the commit',
          contents: 'write # the release on GitHub and its files',
          packages: 'write # images, chart and manifests',
          'id-token': 'write # signs keyless',
        },
        steps: [
          checkout(),
          node,
          namespaces,
          use('actions/download-artifact', 'Take what was built', {
            pattern: 'modules-*',
            path: storeFolder,
            'merge-multiple': true,
          }),
          login(registry),
          {
            name: 'Release',
            env: {GH_TOKEN: '${{ github.token }}'},
            run: publishScript,
          },
          {
            name: 'Archive what it was made from',
            run: './lockstep release inputs --yes | tee -a "$GITHUB_STEP_SUMMARY"',
          },
          {
            name: 'Attach what the tests have shown',
            env: {GH_TOKEN: '${{ github.token }}'},
            run: evidenceScript,
          },
        ],
      },
    },
  })
}

/** Registry credentials where every registry tool looks for them. */
export function login(registry: string) {
  return {
    name: 'Log in to the registry',
    env: {REGISTRY: registry, REGISTRY_USER: '${{ github.actor }}', REGISTRY_TOKEN: '${{ github.token }}'},
    run: 'docker login "$REGISTRY" --username "$REGISTRY_USER" --password-stdin <<< "$REGISTRY_TOKEN"',
  }
}

const planScript = script(
  'if [ "v$(./lockstep --version | cut -d " " -f 2)" != "$GITHUB_REF_NAME" ]; then',
  '  echo "::error file=matrix/mock-device.yaml,title=version::the matrix says another version than the tag $GITHUB_REF_NAME"',
  '  exit 1',
  'fi',
  './lockstep check',
  `shards=$(./lockstep release plan --shards ${mostJobs} -o json)`,
  '{ echo "shards<<END"; echo "$shards"; echo END; } >> "$GITHUB_OUTPUT"',
  "{ echo '```'; ./lockstep release plan; echo '```'; } >> \"$GITHUB_STEP_SUMMARY\"",
)

const buildScript = script('for kernel in $KERNELS; do', '  ./lockstep kernels build "$kernel"', 'done')

const publishScript = script(
  './lockstep release cut --yes --keyless',
  '{ echo \'```\'; ./lockstep release status "${GITHUB_REF_NAME#v}"; echo \'```\'; } >> "$GITHUB_STEP_SUMMARY"',
)

/** Tests of the tag's commit may still be running: a later run of this workflow attaches what they show. */
const evidenceScript = script(
  'run=$(gh run list --workflow ci.yml --commit "$GITHUB_SHA" --status success --limit 1 --json databaseId --jq ".[].databaseId")',
  'if [ -z "$run" ]; then',
  '  echo "::notice title=evidence::no run of ci has passed for this commit yet: run this workflow again, on the same tag, when one has"',
  '  exit 0',
  'fi',
  `gh run download "$run" --name ${evidenceArtifact} --dir "$RUNNER_TEMP"`,
  `./lockstep evidence publish "$RUNNER_TEMP/${evidenceFile}" "\${GITHUB_REF_NAME#v}" --yes | tee -a "$GITHUB_STEP_SUMMARY"`,
)
