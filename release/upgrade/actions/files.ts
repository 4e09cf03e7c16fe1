import {DiagnosticError} from '#lib/diagnostics.ts'
import {editField} from '../site/edit.ts'
import {readField} from '../site/field.ts'
import type {ActionOf, Kind} from './action.ts'
import {type Answer, type Call, shellLine} from './call.ts'
import {remark} from './shell.ts'

export const fileEdit: Kind<ActionOf<'file-edit'>> = {
  twice: () => 'observed',
  look: ({file, commit}) => [
    {read: file},
    ...(commit === undefined ? [] : [git('status', '--porcelain', '--', file)]),
  ],
  judge: (action, [text, status]) => {
    const value = fieldOf(action, text)
    if (value === undefined) return {state: 'failed', saw: `there is no ${action.path} in ${action.file}`}
    if (value !== action.to) return {state: 'not-started', saw: value}
    if (action.commit === undefined) return {state: 'applied', saw: value}
    if (status?.code !== 0) return {state: 'unknown', saw: 'Git does not say whether it is committed'}
    return status.stdout.trim() === ''
      ? {state: 'applied', saw: `${value}, committed`}
      : {state: 'not-started', saw: `${value}, not committed`}
  },
  act: (action, [text]) => {
    const {file, path, commit, to} = action
    const value = fieldOf(action, text)
    // After a crash the edit may be there and the commit not.
    const edits = text !== undefined && value !== undefined && value !== to
    return [
      ...(edits ? [{write: file, text: editField(text.stdout, file, path, value, to)}] : []),
      ...(commit === undefined ? [] : [git('commit', '--quiet', '-m', commit, '--', file)]),
    ]
  },
  script: ({file, path, to, commit}) => [
    remark(`${file}: set ${path} to ${to}`),
    ...(commit === undefined ? [] : [shellLine(git('commit', '-m', commit, '--', file))]),
  ],
  undo: (action, [text]) => {
    const value = fieldOf(action, text)
    return value === undefined
      ? undefined
      : [{...action, to: value, ...(action.commit === undefined ? {} : {commit: `Revert: ${action.commit}`})}]
  },
}

function fieldOf({file, path}: ActionOf<'file-edit'>, text: Answer | undefined): string | undefined {
  if (text?.code !== 0) return undefined
  try {
    return readField(text.stdout, file, path).value
  } catch (error) {
    if (error instanceof DiagnosticError) return undefined
    throw error
  }
}

function git(...args: string[]): Call {
  return {argv: ['git', ...args]}
}
