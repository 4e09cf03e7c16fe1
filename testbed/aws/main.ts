/**
 * The program `aws` of tests: AWS_STATE names a JSON file with an AwsState. Of `--query` it knows `a.[b,c]` with
 * `--output text`, which is how procedures ask.
 */
import {readFileSync, renameSync, writeFileSync} from 'node:fs'
import {type AwsAnswer, awsCall} from './aws.ts'
import type {AwsState} from './state.ts'

const file = process.env.AWS_STATE ?? ''
const args = process.argv.slice(2)
const state = JSON.parse(readFileSync(file, 'utf8')) as AwsState
const {code, stdout, stderr} = queried(awsCall(state, args, Date.now()), args)
writeFileSync(`${file}.new`, JSON.stringify(state))
renameSync(`${file}.new`, file)
process.stdout.write(stdout)
process.stderr.write(stderr)
process.exitCode = code

function queried(answer: AwsAnswer, words: readonly string[]): AwsAnswer {
  const query = words.includes('--query') ? words[words.indexOf('--query') + 1] : undefined
  const [, object = '', keys = ''] = /^(\w+)\.\[(.*)\]$/.exec(query ?? '') ?? []
  if (object === '' || answer.code !== 0) return answer
  const found = (JSON.parse(answer.stdout) as Record<string, Record<string, unknown>>)[object]
  return {
    ...answer,
    stdout: `${keys
      .split(',')
      .map(key => found?.[key])
      .join('\t')}\n`,
  }
}
