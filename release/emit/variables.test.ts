import {spawnSync} from 'node:child_process'
import {expect, test} from 'vitest'
import {inWords, openNames, scopeOf, withVariables} from './variables.ts'

const nothing = scopeOf('app', {}, true)
/** What a shell makes of a line. */
const said = (line: string, env: Record<string, string>) =>
  spawnSync('sh', ['-c', line], {env}).stdout.toString()

test('a parameter is what the site says, or a variable that the shell reads wherever it stands', () => {
  const value = {NAMESPACE: 'my ns'}
  for (const line of [
    'printf %s "{{namespace}}"',
    "printf %s 'x-{{namespace}}'",
    'printf %s "x-{{namespace}}y"',
    `printf %s '{"a":"{{namespace}}"}'`,
    `printf %s "it's {{namespace}}"`,
    'cat <<\'EOF\'\n{"a": "{{namespace}}", "b": "$HOME"}\nEOF',
    "cat <<'EOF'\nargs: ['it', '{{namespace}}x'] # don't\nEOF",
  ]) {
    const filled = line.replace('{{namespace}}', 'my ns')
    expect(withVariables(line, scopeOf('app', {namespace: 'my ns'}, true))).toBe(filled)
    expect([line, said(withVariables(line, nothing), value)]).toEqual([line, said(filled, value)])
  }
})

test('a site may name a variable itself, so that a password stands nowhere', () => {
  const line = "cat <<'EOF'\nuri: {{uri}}, not $HOME\nEOF"
  expect(said(withVariables(line, scopeOf('app', {uri: '$SECRET'}, true)), {SECRET: 's3cret'})).toBe(
    'uri: s3cret, not $HOME\n',
  )
})

test('such a variable is read within single quotes too, and what stands beside it is left alone', () => {
  const scope = scopeOf('app', {uri: '$SECRET', path: 'a\\b'}, true)
  const ran = (line: string) => said(withVariables(line, scope), {SECRET: 's3 cret'})
  expect(ran(`printf %s '{"uri":"{{uri}}"}'`)).toBe('{"uri":"s3 cret"}')
  expect(ran("cat <<'EOF'\n['{{uri}}', '{{path}}']\nEOF")).toBe("['s3 cret', 'a\\b']\n")
})

test('a component’s own comes first; where several have one, the variables are told apart', () => {
  const scope = scopeOf('app', {namespace: 'all', 'app.namespace': 'mine'}, true)
  expect(withVariables('-n {{namespace}}', scope)).toBe('-n mine')
  expect(withVariables('-n {{namespace}} {{cluster}}', scopeOf('my-app', {}, false))).toBe(
    '-n "$MY_APP_NAMESPACE" "$CLUSTER"',
  )
  expect(inWords('in {{namespace}}', nothing)).toBe('in $NAMESPACE')
  expect(openNames(['{{b}} {{a}} {{b}}'], scopeOf('app', {a: '1'}, true))).toEqual(['b'])
})
