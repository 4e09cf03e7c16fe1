import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fail} from '#lib/diagnostics.ts'
import type {Branches} from '../emit/git.ts'
import type {Exec} from '../lib/effects.ts'
import {gitOf} from './git.ts'

/**
 * Makes commits without touching the checkout: blobs, a tree from an index of its own, the commit, then the branch.
 * @param root a folder of the repository; paths are relative to it
 * @throws E040 Git refuses
 */
export function gitBranches(root: string, remote: string, exec: Exec): Branches {
  const git = async (args: readonly string[], more: {stdin?: string; env?: Record<string, string>} = {}) => {
    const {code, stdout, stderr} = await exec.run(['git', ...args], {cwd: root, ...more})
    if (code === 0) return stdout.toString()
    return fail({
      code: 'E040',
      message: `\`git ${args[0]}\` ended with ${code}: ${stderr.toString().trim().split('\n').at(-1)}`,
      hint: 'try the same by hand in the checkout',
    })
  }
  const word = async (...args: string[]) => (await git(args)).trim()
  const blobAt = async (ref: string, path: string) => {
    const {code, stdout} = await exec.run(['git', 'show', `${ref}:./${path}`], {cwd: root})
    return code === 0 ? stdout.toString('utf8') : undefined
  }
  const exists = async (branch: string) => {
    const ref = `refs/heads/${branch}`
    return (await exec.run(['git', 'rev-parse', '--verify', '--quiet', ref], {cwd: root})).code === 0
  }
  return {
    changedAt: async (ref, files) => {
      // When it was merged, not when the commit on its branch was made.
      const told = await word('log', '-1', '--first-parent', '--format=%ct', ref, '--', ...files)
      return told === '' ? undefined : Number(told) * 1000
    },
    commit: async ({base, branch, message, files}) => {
      if (await exists(branch)) {
        const there = await Promise.all(files.map(({path}) => blobAt(branch, path)))
        return there.every((text, i) => text === files[i]?.text) ? 'same' : 'other'
      }
      const prefix = await word('rev-parse', '--show-prefix')
      const folder = await mkdtemp(join(tmpdir(), 'lockstep-index-'))
      try {
        const env = {GIT_INDEX_FILE: join(folder, 'index')}
        await git(['read-tree', base], {env})
        for (const {path, text} of files) {
          const full = join(prefix, path)
          // The mode that the file has; it is there, since it was edited.
          const mode = (await word('ls-tree', '--full-tree', base, full)).split(' ')[0] || '100644'
          const blob = (await git(['hash-object', '-w', '--stdin', '--path', full], {stdin: text})).trim()
          await git(['update-index', '--add', '--cacheinfo', `${mode},${blob},${full}`], {env})
        }
        const tree = (await git(['write-tree'], {env})).trim()
        const parent = await word('rev-parse', '--verify', `${base}^{commit}`)
        const commit = (await git(['commit-tree', tree, '-p', parent], {stdin: message})).trim()
        // Only if nobody else made the branch meanwhile.
        await git(['update-ref', `refs/heads/${branch}`, commit, ''])
      } finally {
        await rm(folder, {recursive: true, force: true})
      }
      return 'made'
    },
    push: branch => gitOf(root, remote, exec).pushBranch(branch),
  }
}
