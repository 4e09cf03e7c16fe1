import type {World} from './cli.ts'

/** A world for tests: what a command writes is kept. */
export function testWorld(argv: readonly string[], more: Partial<World> = {}) {
  const written = {out: '', err: ''}
  const into = (name: 'out' | 'err') => ({
    write: (text: string) => {
      written[name] += text
    },
  })
  const world: World = {
    argv,
    cwd: process.cwd(),
    env: {},
    stdout: into('out'),
    stderr: into('err'),
    signal: new AbortController().signal,
    ...more,
  }
  return {world, written}
}
