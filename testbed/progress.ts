import type {Progress} from '#release/lib/effects.ts'

/** Plain lines on stderr, one when a task begins and one when it ends: readable in any log. */
export function lineProgress(prefix = ''): Progress {
  const say = (text: string) => process.stderr.write(`${prefix}${text}\n`)
  return {
    task(title) {
      const start = performance.now()
      const took = () => `${((performance.now() - start) / 1000).toFixed(1)} s`
      say(`… ${title}`)
      return {
        update() {},
        done: note => say(`✓ ${title}: ${took()}${note ? `, ${note}` : ''}`),
        failed: note => say(`✗ ${title}: ${took()}${note ? `, ${note}` : ''}`),
      }
    },
  }
}
