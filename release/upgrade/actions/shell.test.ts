import {spawnSync} from 'node:child_process'
import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {quote} from './call.ts'
import {actionOf, commandsOf} from './of-step.ts'
import {fillLine, remark, shellWord} from './shell.ts'

/** What a shell makes of a line. */
const said = (line: string, shell = 'sh', env: Record<string, string> = {}) =>
  spawnSync(shell, ['-c', line], {env: {PATH: process.env.PATH ?? '', ...env}}).stdout.toString()
const filled = (line: string, value: string) => fillLine(line, name => (name === 'x' ? value : undefined))

const nasty = [
  'my app',
  "it's",
  'say "yes"',
  '$(touch owned)',
  '`touch owned`',
  'two\nlines',
  'EOF\ntouch owned\nEOF',
  'a;touch owned',
  '*',
  '~root',
  '{1,2}',
  '-n',
  'back\\slash',
  '$home $ $$ $1',
  '!!',
  '',
  '# no remark',
]

/** Each says the parameter and nothing else. */
const places: [name: string, line: string][] = [
  ['a word', 'printf %s {{x}}'],
  ['double quotes', 'printf %s "{{x}}"'],
  ['single quotes', "printf %s '{{x}}'"],
  ['a substitution', 'printf %s "$(printf %s {{x}})"'],
  ['quotes in a substitution in quotes', `printf %s "$(printf %s "{{x}}")"`],
  ['a subshell after a remark', `# it's "here" {{x}}\n(true && printf %s {{x}})`],
  ['a word after a nested parenthesis', 'printf %s "$( (true); printf %s {{x}})"'],
]

/** All in one process: what each of these lines says. */
const saidEach = (lines: readonly string[], shell = 'sh') =>
  said(lines.join("\nprintf '\\0'\n"), shell).split('\0')

test.each(places)('in %s no value is more than a value', (_, line) => {
  const lines = nasty.map(value => filled(line, value))
  // A substitution drops the ends of lines.
  expect(saidEach(lines)).toEqual(nasty)
  expect(saidEach(lines, 'bash')).toEqual(nasty)
})

test('nor in backquotes and documents', () => {
  const values = nasty.filter(value => value !== '')
  const words = (texts: string[]) => texts.map(text => text.split(/\s+/))
  expect(words(saidEach(values.map(value => filled('printf %s `printf %s {{x}}`', value))))).toEqual(
    // Without quotes around them the shell makes words of what backquotes say, and names of what matches.
    words(saidEach(values.map(value => `printf %s $(printf %s ${shellWord(value)})`))),
  )
  const literally = "cat <<'EOF'\nit's $HOME {{x}}\nEOF\necho on"
  expect(saidEach(values.map(value => filled(literally, value)))).toEqual(
    values.map(value => `it's $HOME ${value}\non\n`),
  )
  const read = 'A=a; cat <<EOF; cat <<-E\n$A {{x}}\nEOF\n\t{{x}}\n\tE\necho on'
  const plain = values.filter(value => !value.startsWith('EOF'))
  expect(saidEach(plain.map(value => filled(read, value)))).toEqual(
    plain.map(value => `a ${value}\n${value}\non\n`),
  )
})

test('whatever the value', () => {
  const character = fc.constantFrom(...`ab '"\\$(){}\`#;&|<>*?[]~!\n\t=-%`)
  const values = fc
    .sample(fc.array(character, {maxLength: 8}), {seed: 7, numRuns: 200})
    .map(list => `${list.join('')}.`)
  for (const [, line] of places) expect(saidEach(values.map(value => filled(line, value)))).toEqual(values)
})

test('a value may name a variable, which is read in one word, and nothing else of it is', () => {
  const env = {SECRET: 's3 $(cret)', A: '*'}
  for (const line of ['printf %s {{x}}', 'printf %s "{{x}}"', "printf %s '{{x}}'", "cat <<'EOF'\n{{x}}\nEOF"])
    expect([line, said(filled(line, `$SECRET-\${A} $(x) \`y\``), 'sh', env).trimEnd()]).toEqual([
      line,
      's3 $(cret)-* $(x) `y`',
    ])
  expect(said(filled('printf %s "{{x}}tail"', '$SECRET'), 'sh', env)).toBe('s3 $(cret)tail')
})

test('what needs no quotes gets none, and what is not known stays', () => {
  expect(filled('kubectl -n {{x}} get "{{x}}" {{other}}', 'my-app')).toBe(
    'kubectl -n my-app get "my-app" {{other}}',
  )
})

test('words and remarks', () => {
  expect(saidEach(nasty.map(value => `printf %s ${shellWord(value)}`))).toEqual(nasty)
  expect(remark('edit a\nrm b')).toBe('# edit a rm b')
  expect([quote('~'), quote('{1..3}'), quote('a,b'), quote('{{x}} $(y)')]).toEqual([
    "'~'",
    "'{1..3}'",
    'a,b',
    '"{{x}} \\$(y)"',
  ])
})

describe('a step with a name that means something elsewhere', () => {
  const name = `it's "$(touch owned)".*`
  const site = {parameters: {name}}

  test('its lines, and how their output is judged', () => {
    const step = {
      title: '',
      run: ['echo {{name}} > {{name}}.txt'],
      matches: '^{{name}}$',
      done: {run: "echo '{{name}}'", matches: '^{{name}}$'},
    }
    const action = actionOf(step, site)
    if (action.action !== 'commands') throw new Error('no commands')
    expect(said(action.done?.run ?? '')).toBe(`${name}\n`)
    for (const pattern of [action.matches, action.done?.matches]) {
      expect(name).toMatch(new RegExp(pattern ?? ''))
      expect(`${name}x`).not.toMatch(new RegExp(pattern ?? ''))
    }
  })

  test('a patch keeps its form, and words of programs are as they are', () => {
    const patch = {action: 'kubectl-patch' as const, resource: 'a/b', patch: '{"spec":{"name":"{{name}}"}}'}
    const filled = actionOf({title: '', do: patch}, site)
    if (filled.action !== 'kubectl-patch') throw new Error('no patch')
    expect(JSON.parse(filled.patch)).toEqual({spec: {name}})
    const [line = ''] = commandsOf({title: '', do: {...patch, resource: '{{name}}'}}, site)
    expect(said(line.replace('kubectl', 'printf "%s\\n"')).split('\n')).toContain(name)
  })
})
