import {listAt, textAt} from '../lib/fields.ts'

/** The status of a condition: `True`, `False`, `Unknown`; undefined when the object has no such condition. */
export function conditionOf(object: unknown, type: string): string | undefined {
  return textAt(conditionAt(object, type), 'status')
}

export function conditionMessage(object: unknown, type: string): string {
  const condition = conditionAt(object, type)
  return textAt(condition, 'message') ?? textAt(condition, 'reason') ?? ''
}

function conditionAt(object: unknown, type: string): unknown {
  return listAt(object, 'status', 'conditions').find(c => textAt(c, 'type') === type)
}
