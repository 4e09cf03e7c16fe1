import {readStaged} from '../publish/staged.ts'
import {releaseStatus, type TagStatus} from '../publish/status.ts'
import type {Run} from './command.ts'
import {print, table} from './output.ts'
import {distOf} from './release-publish.ts'
import {openTarget} from './target.ts'

/** 1 while anything of the release is absent or stands for something else. */
export const run: Run = async (args, context) => {
  const staged = await readStaged(distOf(args, context), context.files)
  const target = openTarget(args.text('to') ?? staged.plan.registry, args, context)
  const tags = await releaseStatus(staged, target)
  const whole = tags.every(t => t.state === 'published')
  print(context, {target: target.name, version: staged.plan.version, whole, tags}, paint => {
    const list = table(['STATE', 'DIGEST', 'TAG'], tags.map(row), paint, context.width)
    const there = tags.filter(t => t.state === 'published').length
    return `${list}\n${there} of ${tags.length} tags of ${staged.plan.version} are published in ${target.name}\n`
  })
  return whole ? 0 : 1
}

function row({state, digest, found, repository, tag}: TagStatus): string[] {
  const instead = found === undefined ? '' : `, which is ${found.slice(7, 19)}`
  return [state, digest.slice(7, 19), `${repository}:${tag}${instead}`]
}
