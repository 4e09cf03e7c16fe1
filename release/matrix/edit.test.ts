import {expect, test} from 'vitest'
import {parseYaml} from '#lib/yaml.ts'
import {edited, itemAfter, itemAtEnd} from './edit.ts'

test.each(['\n', ''])('an item goes behind the last one of a file that ends with %j', end => {
  const text = `list:\n  - a: 1\n    b: 2${end}`
  const source = parseYaml(text, 'x.yaml')
  for (const edit of [itemAfter(source, ['list'], 0, ['a: 3']), itemAtEnd(source, 'list', ['a: 3'])])
    expect(parseYaml(edited(text, [edit]), 'x.yaml').value).toEqual({list: [{a: '1', b: '2'}, {a: '3'}]})
})
