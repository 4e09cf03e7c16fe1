import {fail} from '#lib/diagnostics.ts'
import type {Exec, Git} from '../lib/effects.ts'

/**
 * Git by its own program.
 * @param root the checkout
 * @throws E040 Git refuses; its own words are told, without what a URL may hold of passwords
 */
export function gitOf(root: string, remote: string, exec: Exec): Git {
  const run = (...args: string[]) => exec.run([...program, ...args], {cwd: root})
  const git = async (...args: string[]): Promise<string> => {
    const {code, stdout, stderr} = await run(...args)
    return code === 0 ? stdout.toString() : refused(args, code, stderr.toString())
  }
  const lines = async (...args: string[]) => (await git(...args)).split('\n').filter(Boolean)
  const optional = async (...args: string[]): Promise<string | undefined> => {
    const {code, stdout} = await run(...args)
    return code === 0 ? stdout.toString().trim() || undefined : undefined
  }
  const fileAt = async (revision: string, path: string) => {
    const {code, stdout} = await run('show', `${revision}:./${path}`)
    return code === 0 ? stdout : undefined
  }
  // The checkout may be a folder of a larger repository, whose other folders are none of its business.
  let prefix: Promise<string> | undefined
  const below = () => {
    prefix ??= git('rev-parse', '--show-prefix').then(text => text.trim())
    return prefix
  }
  return {
    remote: withoutSecrets(remote),
    head: async () => (await git('rev-parse', '--verify', 'HEAD')).trim(),
    branch: () => optional('symbolic-ref', '--quiet', '--short', 'HEAD'),
    changes: async () => {
      const status = await git('status', '--porcelain', '-z', '--untracked-files=all', '--', '.')
      // Git tells paths from the repository's root here, wherever it is asked.
      const folder = await below()
      return changedPaths(status).map(path => (path.startsWith(folder) ? path.slice(folder.length) : path))
    },
    committed: path => fileAt('HEAD', path),
    fileAt,
    changedAt: async path => {
      const seconds = await optional('log', '-1', '--format=%ct', '--', path)
      return seconds && new Date(Number(seconds) * 1000).toISOString().replace('.000', '')
    },
    tagsBelow: () => lines('tag', '--list', 'v*', '--merged', 'HEAD'),
    commitsSince: async tag => {
      const range = tag ? `${tag}..HEAD` : 'HEAD'
      const own = (await below()) === '' ? [] : ['--', '.']
      return commitsOf(
        await git('log', '--no-merges', '--relative', '--format=%x00%s', '--name-only', range, ...own),
      )
    },
    tagHere: tag => optional('rev-parse', '--verify', '--quiet', `refs/tags/${tag}^{commit}`),
    tagThere: async tag => {
      const found = await lines('ls-remote', remote, `refs/tags/${tag}`, `refs/tags/${tag}^{}`)
      // An annotated tag is listed twice: itself, then the commit that it stands for.
      return found.at(-1)?.split('\t')[0]
    },
    tag: async (tag, message) => {
      await git('tag', '--annotate', '--message', message, tag)
    },
    untag: async tag => {
      await git('tag', '--delete', tag)
    },
    pushTag: async tag => {
      const ref = `refs/tags/${tag}`
      const {code, stderr} = await run('push', '--porcelain', remote, `${ref}:${ref}`)
      if (code === 0) return 'pushed'
      const there = await lines('ls-remote', remote, ref)
      if (there.length === 0) refused(['push', remote, ref], code, stderr.toString())
      // Ours after all: the push arrived and only its answer was lost.
      const own = (await git('rev-parse', ref)).trim()
      return there[0]?.startsWith(own) ? 'pushed' : 'taken'
    },
    commitOn: async (branch, paths, message) => {
      if ((await optional('symbolic-ref', '--quiet', '--short', 'HEAD')) !== branch)
        await git('switch', '--quiet', '--create', branch)
      await git('add', '--', ...paths)
      const {code} = await run('diff', '--cached', '--quiet', '--', ...paths)
      if (code !== 0) await git('commit', '--quiet', '--message', message, '--', ...paths)
    },
    pushBranch: async branch => {
      await git('push', '--quiet', remote, `refs/heads/${branch}:refs/heads/${branch}`)
    },
  }
}

/** No questions on the terminal, and words that can be read by programs. */
const program = ['env', 'GIT_TERMINAL_PROMPT=0', 'LC_ALL=C', 'git']

/** `XY path`, NUL-ended; a renamed file is followed by its old name, which is changed too. */
function changedPaths(status: string): string[] {
  return status
    .split('\0')
    .filter(Boolean)
    .map(entry => (/^[ MTADRCU?!]{2} /.test(entry) ? entry.slice(3) : entry))
}

function commitsOf(log: string): {subject: string; paths: string[]}[] {
  return log
    .split('\0')
    .filter(Boolean)
    .map(entry => {
      const [subject = '', ...paths] = entry.split('\n').filter(Boolean)
      return {subject, paths}
    })
}

function refused(args: readonly string[], code: number, stderr: string): never {
  const said = withoutSecrets(stderr.trim().split('\n').slice(-3).join(' '))
  const network = /unable to access|could not resolve|Connection|timed out|early EOF/i.test(stderr)
  fail(
    {
      code: 'E040',
      message: `\`git ${withoutSecrets(args.slice(0, 2).join(' '))}\` ended with ${code}: ${said}`,
      hint: network
        ? 'run the command again: it goes on where it stopped'
        : 'try the same by hand in the checkout',
    },
    network ? 3 : 1,
  )
}

/** A remote's URL may hold a name and a token. */
function withoutSecrets(text: string): string {
  return text.replace(/(\w+:\/\/)[^\s/@]+@/g, '$1')
}
