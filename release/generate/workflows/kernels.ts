import type {GeneratedFile} from '../file.ts'
import {login} from './release.ts'
import {checkout, namespaces, node, script, workflowFile} from './steps.ts'

/**
 * New kernels of the distributions: at night a pull request with lock and generated files for each maintained branch;
 * when it is merged, images for the release of that branch, and a pull request with their addendum.
 */
export function kernelsWorkflow(branches: readonly string[], registry: string): GeneratedFile {
  return workflowFile('nightly-kernels', {
    name: 'nightly kernels',
    on: {
      schedule: [{cron: '17 3 * * *'}],
      workflow_dispatch: {},
      push: {branches, paths: ['matrix/kernels.lock.yaml']},
    },
    // Two at once would write the same branch.
    concurrency: {group: 'kernels-${{ github.event_name }}-${{ github.ref }}', 'cancel-in-progress': false},
    jobs: {
      update: {
        name: 'Look for kernels of ${{ matrix.branch }}',
        if: "github.event_name != 'push'",
        'timeout-minutes': 30,
        permissions: proposing,
        strategy: {'fail-fast': false, matrix: {branch: branches}},
        steps: [
          checkout({'fetch-depth': 0}),
          node,
          {
            name: 'Update lock and generated files',
            env: {BRANCH: '${{ matrix.branch }}', GH_TOKEN: token},
            run: updateScript,
          },
        ],
      },
      release: {
        name: 'Release images for new kernels',
        if: "github.event_name == 'push'",
        environment: 'release',
        'timeout-minutes': 120,
        permissions: {
          ...proposing,
          packages: 'write # images for the new kernels',
          'id-token': 'write # signs keyless',
        },
        steps: [
          checkout({'fetch-depth': 0}),
          node,
          namespaces,
          login(registry),
          {
            name: 'Build, publish and record',
            env: {BRANCH: '${{ github.ref_name }}', GH_TOKEN: token},
            run: releaseScript,
          },
        ],
      },
    },
  })
}

const proposing = {
  contents: 'write # the branch of the pull request',
  'pull-requests': 'write # opens it',
} as const

/** What the job's own token opens starts no checks; with a token of an app or a person they start by themselves. */
const token = '${{ secrets.PULL_REQUEST_TOKEN || github.token }}'

/** Brings what has changed into a pull request; one that is open already gets the new state. */
function pullRequest(prefix: string, title: string, body: string): string[] {
  return [
    'if [ -z "$(git status --porcelain)" ]; then',
    '  echo "nothing has changed" >> "$GITHUB_STEP_SUMMARY"',
    '  exit 0',
    'fi',
    `head="${prefix}/$BRANCH"`,
    'git config user.name "github-actions[bot]"',
    'git config user.email "41898282+github-actions[bot]@users.noreply.github.com"',
    'git switch --force-create "$head"',
    'git add --all',
    `git commit --quiet --message "${title}"`,
    'gh auth setup-git',
    'git push --quiet --force origin "HEAD:refs/heads/$head"',
    'if [ -z "$(gh pr list --head "$head" --state open --json number --jq ".[].number")" ]; then',
    `  gh pr create --base "$BRANCH" --head "$head" --title "${title}" --body "${body}"`,
    'fi',
  ]
}

const updateScript = script(
  'if ! git cat-file -e "origin/$BRANCH:lockstep" 2> /dev/null; then',
  '  echo "$BRANCH has no ./lockstep: its releases were made by other means" >> "$GITHUB_STEP_SUMMARY"',
  '  exit 0',
  'fi',
  'git switch --detach "origin/$BRANCH"',
  './lockstep kernels update | tee -a "$GITHUB_STEP_SUMMARY"',
  './lockstep generate',
  ...pullRequest(
    'kernels',
    'Take in new kernels',
    'The archives have new kernels. Once this is merged, their images are built and published for the release of this branch.',
  ),
)

const releaseScript = script(
  'version=$(./lockstep --version | cut -d " " -f 2)',
  'if ! git rev-parse --quiet --verify "refs/tags/v$version" > /dev/null; then',
  '  echo "$version is not released yet: its release will have these kernels" >> "$GITHUB_STEP_SUMMARY"',
  '  exit 0',
  'fi',
  'if ! git diff --quiet "v$version" HEAD -- kernel-driver components/kernel-driver.yaml; then',
  '  echo "::error title=kernels::the sources of the module have changed since v$version: raise the version, or release its kernels from a branch of its own"',
  '  exit 1',
  'fi',
  './lockstep kernels release "$version" --yes --keyless | tee -a "$GITHUB_STEP_SUMMARY"',
  ...pullRequest(
    'addendum',
    'Record images for new kernels',
    'These images are published. The addendum says so to the next run and to whoever has the checkout.',
  ),
)
