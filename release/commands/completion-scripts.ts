import type {Command, Option} from './command.ts'
import {globalOptions} from './options.ts'

type Word = {word: string; summary: string}

/** What may come after a path such as `/release/plan`, and what the values of options may be. */
export type CompletionData = {
  paths: {path: string; words: Word[]}[]
  values: {flags: string[]; kind: 'file' | 'dir' | 'none'; choices: readonly string[]}[]
}

/** Turns the table into what shells need. */
export function completionData(commands: readonly Command[]): CompletionData {
  const prefixes = new Set([
    '',
    ...commands.flatMap(c => c.path.map((_, i) => `/${c.path.slice(0, i + 1).join('/')}`)),
  ])
  const paths = [...prefixes].sort().map(path => ({path, words: wordsAfter(path, commands)}))
  const options = new Map<string, Option>([
    ...commands.flatMap(c => Object.entries(c.options ?? {})),
    ...Object.entries(globalOptions),
  ])
  const values = [...options]
    .filter(([, o]) => o.type === 'string')
    .map(([name, o]) => ({
      flags: [...(o.short ? [`-${o.short}`] : []), `--${name}`],
      kind: o.value === 'FILE' ? ('file' as const) : o.value === 'DIR' ? ('dir' as const) : ('none' as const),
      choices: o.choices ?? [],
    }))
  return {paths, values}
}

function wordsAfter(path: string, commands: readonly Command[]): Word[] {
  const steps = path.split('/').slice(1)
  const below = commands.filter(c => c.path.length > steps.length && steps.every((s, i) => c.path[i] === s))
  const own = commands.find(c => c.path.length === steps.length && steps.every((s, i) => c.path[i] === s))
  const names = new Map(
    below.map(c => [
      c.path[steps.length] ?? '',
      c.path.length === steps.length + 1 ? c.summary : `Commands about ${c.path[steps.length]}`,
    ]),
  )
  const options = Object.entries({...own?.options, ...globalOptions})
  const choices = own?.arguments?.[0]?.choices ?? []
  return [
    ...[...names].map(([word, summary]) => ({word, summary})),
    ...choices.map(word => ({word, summary: own?.arguments?.[0]?.summary ?? ''})),
    ...options.map(([name, o]) => ({word: `--${name}`, summary: o.summary})),
  ]
}

const head = (shell: string, use: string) =>
  `# Completion of lockstep for ${shell}, made by \`lockstep completion ${shell}\`.\n# Use: ${use}\n`

/** For bash >= 3.2; needs no bash-completion. */
export function bashScript({paths, values}: CompletionData): string {
  const known = paths.filter(p => p.path !== '').map(p => p.path)
  const valueCases = values.map(({flags, kind, choices}) => {
    const source = kind === 'file' ? '-f' : kind === 'dir' ? '-d' : `-W '${choices.join(' ')}'`
    return `    ${flags.join('|')}) COMPREPLY=($(compgen ${source} -- "$cur")); return ;;`
  })
  return `${head('bash', 'source <(./lockstep completion bash)')}_lockstep() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path='' words='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case $path/\${COMP_WORDS[i]} in
      ${known.join('|')}) path=$path/\${COMP_WORDS[i]} ;;
    esac
  done
  case $prev in
${valueCases.join('\n')}
  esac
  case $path in
${paths.map(p => `    '${p.path}') words='${p.words.map(w => w.word).join(' ')}' ;;`).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o bashdefault -o default -F _lockstep lockstep
`
}

/** For zsh with compinit. */
export function zshScript({paths, values}: CompletionData): string {
  const known = paths.filter(p => p.path !== '').map(p => p.path)
  const valueCases = values.map(({flags, kind, choices}) => {
    const source =
      kind === 'file' ? '_files' : kind === 'dir' ? '_files -/' : `compadd -- ${choices.join(' ')}`
    return `    ${flags.join('|')}) ${source.trim()}; return ;;`
  })
  const describe = (words: Word[]) =>
    words.map(w => `      '${quoted(w.word)}:${quoted(w.summary)}'`).join('\n')
  return `#compdef lockstep
${head('zsh', 'source <(./lockstep completion zsh)')}_lockstep() {
  local where='' i
  local -a choices
  for ((i = 2; i < CURRENT; i++)); do
    case $where/$words[i] in
      ${known.join('|')}) where=$where/$words[i] ;;
    esac
  done
  case $words[CURRENT-1] in
${valueCases.join('\n')}
  esac
  case $where in
${paths.map(p => `    '${p.path}') choices=(\n${describe(p.words)}\n    ) ;;`).join('\n')}
  esac
  _describe lockstep choices || _files
}
compdef _lockstep lockstep
`
}

/** For fish >= 3. */
export function fishScript({paths, values}: CompletionData): string {
  const known = paths.filter(p => p.path !== '').map(p => p.path)
  const shared = new Set(Object.keys(globalOptions).map(name => `--${name}`))
  const lines = paths.flatMap(({path, words}) =>
    // The options of all commands are told once, below the top.
    words
      .filter(w => path === '' || !shared.has(w.word))
      .map(({word, summary}) => {
        const value = values.find(v => v.flags.includes(word))
        const what = word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`
        const short = value?.flags.find(f => !f.startsWith('--'))
        const takes = value ? fishValue(value) : ''
        const where = shared.has(word) ? '' : ` -n '__lockstep_at "${path}"'`
        return `complete -c lockstep${where} ${what}${short ? ` -s ${short.slice(1)}` : ''}${takes} -d '${fishQuoted(summary)}'`
      }),
  )
  return `${head('fish', './lockstep completion fish | source')}function __lockstep_at
  set -l where ''
  for word in (commandline -opc)[2..-1]
    switch $where/$word
      case ${known.join(' ')}
        set where $where/$word
    end
  end
  test "$where" = "$argv[1]"
end
complete -c lockstep -f
${lines.join('\n')}
`
}

function fishValue({kind, choices}: CompletionData['values'][number]): string {
  if (kind === 'file') return ' -r -F'
  if (kind === 'dir') return ` -x -a '(__fish_complete_directories)'`
  return choices.length > 0 ? ` -x -a '${choices.join(' ')}'` : ' -x'
}

function quoted(text: string): string {
  return text.replaceAll("'", "'\\''").replaceAll(':', '\\:')
}

function fishQuoted(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")
}
