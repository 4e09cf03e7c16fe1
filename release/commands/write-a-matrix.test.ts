import {readFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {lockstep} from './testing.ts'

const guide = readFileSync('docs/guides/write-a-matrix.md', 'utf8')
const example = readFileSync('docs/examples/matrix/webshop.yaml', 'utf8')

/** Blocks of a language, in order, with what stands between the fences. */
const blocks = (language: string) =>
  [...guide.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(match => match[1] ?? '')

test('what the guide shows stands in the example', () => {
  const ofExample = blocks('yaml').filter(block => !block.startsWith('# in '))
  const shown = ofExample.map(block => block.replace(/^\w+:\n {2}# …\n/, '').trimEnd())
  expect(shown.length).toBeGreaterThan(3)
  for (const block of shown) expect(example).toContain(block)
})

test('its commands end well, and print what it says', async () => {
  const commands = blocks('sh').flatMap(block => block.trim().split('\n'))
  const printed: string[] = []
  for (const command of commands) {
    const day = command.includes('upgrade plan') ? ['--now', '2026-11-21'] : []
    const {code, out} = await lockstep(process.cwd(), ...command.split(' ').slice(1), ...day)
    // The combination that it asks for does not work, and says so.
    expect(code, command).toBe(command.includes('compat check') ? 1 : 0)
    printed.push(out.trimEnd())
  }
  for (const block of blocks('text')) expect(printed).toContain(block.trimEnd())
})
