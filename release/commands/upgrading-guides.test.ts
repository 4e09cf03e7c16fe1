import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect, onTestFinished, test} from 'vitest'
import {lockstep} from './testing.ts'

test.each(['upgrading-kubevirt.md', 'upgrading-mlops-platform.md'])(
  '%s: its first commands lead from one to the next',
  async guide => {
    const dir = mkdtempSync(join(tmpdir(), 'guide-'))
    onTestFinished(() => rmSync(dir, {recursive: true}))
    const text = readFileSync(join('docs/guides', guide), 'utf8')
    const [, block = ''] = /```sh\n(.*?)```/s.exec(text) ?? []
    const commands = block.trim().split('\n')
    expect(commands).toHaveLength(3)
    for (const command of commands) {
      const [line = '', to] = command.replaceAll('plan.json', join(dir, 'plan.json')).split(' > ')
      const {code, out, err} = await lockstep(process.cwd(), ...line.split(' ').slice(1))
      expect({command, code, err}).toEqual({command, code: 0, err: ''})
      expect(out).not.toBe('')
      if (to) writeFileSync(to === 'plan.svg' ? join(dir, to) : to, out)
    }
  },
)
