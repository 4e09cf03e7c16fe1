import {createHash} from 'node:crypto'
import {parseYaml, type YamlSource} from '#lib/yaml.ts'
import {type Loaded, loadMatrix} from './load.ts'
import type {Matrix} from './schema/index.ts'

/** Where judgements are kept between runs: any store of text by key. Losing it costs time and nothing else. */
export type Memory = {get(key: string): string | undefined; put(key: string, text: string): void}

/**
 * `loadMatrix`, but a file that the same build found to be without an error is not judged again: reading and judging
 * takes longer than everything that is then made of it. Places are found by parsing only when one is asked for.
 * @param build names the code that judges; another build judges anew
 */
export function recallMatrix(
  bytes: Uint8Array,
  file: string,
  {memory, build}: {memory: Memory; build: string},
): Loaded<Matrix> {
  const digest = createHash('sha256').update(bytes).digest('hex')
  const key = `matrix-${createHash('sha256').update(`${build}\n${file}\n${digest}`).digest('hex')}`
  const known = memory.get(key)
  const recalled = known === undefined ? undefined : sound(known, digest)
  if (recalled) return {...recalled, source: lazySource(bytes, file)}
  const {value, diagnostics, source} = loadMatrix(bytes, file)
  if (value) memory.put(key, `${digest}\n${JSON.stringify({value, diagnostics})}\n`)
  return {value, diagnostics, source}
}

/** What was remembered, unless it was cut off or is of another file. */
function sound(text: string, digest: string): Omit<Loaded<Matrix>, 'source'> | undefined {
  if (!text.startsWith(`${digest}\n`) || !text.endsWith('\n')) return undefined
  try {
    return JSON.parse(text.slice(digest.length + 1)) as Omit<Loaded<Matrix>, 'source'>
  } catch {
    return undefined
  }
}

function lazySource(bytes: Uint8Array, file: string): YamlSource {
  let parsed: YamlSource | undefined
  const source = () => {
    parsed ??= parseYaml(bytes, file)
    return parsed
  }
  return {
    file,
    diagnostics: [],
    get text() {
      return source().text
    },
    get value() {
      return source().value
    },
    locate: path => source().locate(path),
    locateKey: path => source().locateKey(path),
  }
}
