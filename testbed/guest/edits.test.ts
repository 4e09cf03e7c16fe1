import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {applyEdit, pageEdits} from './edits.ts'

const page = `Text
\`\`\`diff a/b.c
 one
+\ttwo
@@
-four
+4
 five
\`\`\`
`

test('makes what a page says of a file', () => {
  const [edit, ...others] = pageEdits(page)
  expect(others).toEqual([])
  expect(edit?.path).toBe('a/b.c')
  expect(edit && applyEdit('one\nthree\nfour\nfive\n', edit)).toBe('one\n\ttwo\nthree\n4\nfive\n')
})

test.each(['one\nfour\n', 'one\none\nfour\nfive\n'])('refuses a file that does not fit', text => {
  const [edit] = pageEdits(page)
  expect(() => edit && applyEdit(text, edit)).toThrow(/a\/b\.c: found [02] times/)
})

test('the edits of the page about extending the device fit the checkout', () => {
  const read = (path: string) => readFileSync(join(import.meta.dirname, '../..', path), 'utf8')
  const edits = pageEdits(read('docs/guides/extending-the-device.md'))
  expect(edits).toHaveLength(3)
  for (const edit of edits) expect(applyEdit(read(edit.path), edit)).not.toBe(read(edit.path))
})
