/** For tests: steps of workflows as a runner runs them, with GitHub faked at its files only. */
import {spawn} from 'node:child_process'
import {chmodSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {parse} from 'yaml'
import type {Step, Workflow} from './steps.ts'

export const root = join(import.meta.dirname, '../../..')

/** A runner's own folder: what it calls RUNNER_TEMP, its programs, and the files that steps write to. */
export type Runner = {dir: string; env?: Readonly<Record<string, string>>}
/** `code` is null for a step that was cancelled. */
export type Ended = {code: number | null; out: string; summary: string; output: string}
export type RunningStep = {ended: Promise<Ended>; cancel(): void}

/** Starts a script by the shell that GitHub gives to `shell: bash`, in a group of processes of its own. */
export function startStep({dir, env}: Runner, script: string, cwd: string): RunningStep {
  const path = (name: string) => join(dir, name)
  mkdirSync(path('bin'), {recursive: true})
  for (const name of ['summary', 'output']) writeFileSync(path(name), '')
  writeFileSync(path('step.sh'), script)
  const words = ['--noprofile', '--norc', '-e', '-o', 'pipefail', path('step.sh')]
  const faked = {
    ...process.env,
    PATH: `${path('bin')}:${process.env.PATH}`,
    GIT_CONFIG_GLOBAL: path('gitconfig'),
    GITHUB_ACTIONS: 'true',
    GITHUB_STEP_SUMMARY: path('summary'),
    GITHUB_OUTPUT: path('output'),
    RUNNER_TEMP: dir,
    ...env,
  }
  const child = spawn('bash', words, {cwd, env: faked, detached: true, stdio: ['ignore', 'pipe', 'pipe']})
  let out = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', part => {
      out += part
    })
  const ended = new Promise<Ended>(resolve => {
    child.once('close', code =>
      resolve({
        code,
        out,
        summary: readFileSync(path('summary'), 'utf8'),
        output: readFileSync(path('output'), 'utf8'),
      }),
    )
  })
  return {ended, cancel: () => child.pid && process.kill(-child.pid, 'SIGKILL')}
}

export const runStep = (runner: Runner, script: string, cwd: string): Promise<Ended> =>
  startStep(runner, script, cwd).ended

/** The values that a step has written to GITHUB_OUTPUT in the form of several lines. */
export function outputsOf({output}: Ended): Record<string, string> {
  const found = output.matchAll(/^([\w-]+)<<(\w+)\n((?:.|\n)*?)\n\2$/gm)
  return Object.fromEntries([...found].map(([, name, , value]) => [name, value]))
}

/** A program of a runner, in /bin/sh. */
export function program(path: string, text: string): void {
  writeFileSync(path, `#!/bin/sh\n${text}\n`)
  chmodSync(path, 0o755)
}

/** The script of a step. @throws Error when there is no such step */
export function stepOf(workflow: string, job: string, name: string): string {
  const {jobs} = parse(readFileSync(join(root, `.github/workflows/${workflow}.yml`), 'utf8')) as Workflow
  const run = jobs[job]?.steps.find((s: Step) => s.name === name)?.run
  if (run === undefined) throw new Error(`${workflow}.yml: job ${job} has no step ${name}`)
  return run
}
