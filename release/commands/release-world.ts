import {gitOf} from '../effects/git.ts'
import {githubOf, githubUnseen} from '../effects/github.ts'
import type {Git, GitHub} from '../lib/effects.ts'
import type {Args, Context} from './command.ts'
import type {Workspace} from './workspace.ts'

/** The Git remote and the GitHub repository of a checkout. */
export type Outside = {
  git: Git
  /** Undefined when it is not wanted, or when the product lives elsewhere. */
  github: GitHub | undefined
  wantsGitHub: boolean
  hasToken: boolean
}

/**
 * Where releases go besides the registry. Without a token GitHub is not asked, and counts as empty. The token is that of GH_TOKEN or GITHUB_TOKEN and is given to nothing but
 * GitHub's API (GITHUB_API_URL, which GitHub's own runners set).
 */
export function outsideOf({root, matrix}: Workspace, args: Args, context: Context): Outside {
  const {env, exec} = context
  const git = gitOf(root, args.text('remote') ?? 'origin', exec)
  const [, repository] =
    /^https:\/\/github\.com\/([^/]+\/[^/]+?)(?:\.git)?\/?$/.exec(matrix.product.repository) ?? []
  const token = env.GH_TOKEN || env.GITHUB_TOKEN || undefined
  const wantsGitHub = repository !== undefined && !args.flag('no-github')
  const name = env.GITHUB_REPOSITORY || repository
  const api = env.GITHUB_API_URL || 'https://api.github.com'
  const github = !(wantsGitHub && name)
    ? undefined
    : token
      ? githubOf({repository: name, api, token, fetch})
      : githubUnseen(name)
  return {git, github, wantsGitHub, hasToken: token !== undefined}
}
