/** The program `aws` of tests: AWS_STATE names a JSON file with an AwsState, AWS_NOW a clock other than the system's. */
import {readFileSync, renameSync, writeFileSync} from 'node:fs'
import {awsCall} from './aws.ts'
import type {AwsState} from './state.ts'

const file = process.env.AWS_STATE ?? ''
const state = JSON.parse(readFileSync(file, 'utf8')) as AwsState
const {code, stdout, stderr} = awsCall(
  state,
  process.argv.slice(2),
  Number(process.env.AWS_NOW ?? Date.now()),
)
writeFileSync(`${file}.new`, JSON.stringify(state))
renameSync(`${file}.new`, file)
process.stdout.write(stdout)
process.stderr.write(stderr)
process.exitCode = code
