import {PassThrough} from 'node:stream'
import {describe, expect, it, vi} from 'vitest'
import {realProgress} from './progress.ts'

function log(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), {isTTY, columns: 80}) as unknown as NodeJS.WriteStream &
    PassThrough
  return {stream, text: () => String(stream.read() ?? '')}
}

describe('realProgress', () => {
  it('writes plain lines where there is no terminal, and tells early of what takes long', async () => {
    vi.useFakeTimers()
    try {
      const {stream, text} = log(false)
      const task = realProgress({stream}).task('Building')
      task.update('one of two')
      expect(text()).toBe('')
      vi.advanceTimersByTime(1100)
      expect(text()).toBe('Building ...\n')
      task.done('12 artifacts')
      realProgress({stream}).task('Next').failed()
      expect(text()).toBe('Building: 12 artifacts\nNext: failed\n')
    } finally {
      vi.useRealTimers()
    }
  })

  it('is silent when quiet', () => {
    const {stream, text} = log(false)
    const task = realProgress({stream, quiet: true}).task('Building')
    task.update('x')
    task.done('y')
    expect(text()).toBe('')
  })

  it('leaves one line on a terminal, and none for what was over at once', () => {
    const {stream, text} = log(true)
    const progress = realProgress({stream})
    progress.task('Quick').done()
    expect(text()).toBe('')
    const task = progress.task('Building')
    task.done('12 artifacts')
    task.done('again')
    expect(text()).toBe('✔ Building: 12 artifacts\n')
  })
})
