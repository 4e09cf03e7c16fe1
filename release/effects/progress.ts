import type {Progress, ProgressTask} from '../lib/effects.ts'

export type ProgressOptions = {
  /** Show nothing at all. */
  quiet?: boolean
  /** Where to write; standard error by default, since standard output belongs to results. */
  stream?: NodeJS.WriteStream
}

/** A spinner on a terminal, plain lines elsewhere (a log keeps them), nothing when quiet. */
export function realProgress({quiet = false, stream = process.stderr}: ProgressOptions = {}): Progress {
  if (quiet) return silentProgress
  return {task: title => (stream.isTTY ? spinner(title, stream) : lines(title, stream))}
}

/** For tests and for `--quiet`. */
export const silentProgress: Progress = {task: () => ({update: () => {}, done: () => {}, failed: () => {}})}

/** A task that is over before this does not flicker up, in milliseconds. */
const delay = 300

function spinner(title: string, stream: NodeJS.WriteStream): ProgressTask {
  let text = title
  let shown: {text: string; stop(): unknown} | undefined
  let over = false
  // The library is loaded only when there is something to show: it costs more than most commands run.
  const timer = setTimeout(async () => {
    const {default: ora} = await import('ora')
    if (!over) shown = ora({text, stream, discardStdin: false}).start()
  }, delay)
  timer.unref()
  const end = (mark: string, note?: string) => {
    if (over) return
    over = true
    clearTimeout(timer)
    shown?.stop()
    if (shown || note) stream.write(`${mark} ${title}${note ? `: ${note}` : ''}\n`)
  }
  return {
    update: note => {
      text = `${title}: ${note}`
      if (shown) shown.text = text
    },
    done: note => end('✔', note),
    failed: note => end('✖', note ?? 'failed'),
  }
}

function lines(title: string, stream: NodeJS.WriteStream): ProgressTask {
  const timer = setTimeout(() => stream.write(`${title} ...\n`), 1000)
  timer.unref()
  const end = (note: string) => {
    clearTimeout(timer)
    stream.write(`${title}: ${note}\n`)
  }
  return {update: () => {}, done: (note = 'done') => end(note), failed: (note = 'failed') => end(note)}
}
