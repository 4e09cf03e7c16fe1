/**
 * Test-side: a run as a process of its own, on a journal on the disk and a world in a file, that kills itself at a point:
 * `node test-dying.ts FOLDER POINT`. Without a point it lives, and prints how many points it passed. The folder has plan.json,
 * site.json and world.json.
 */
import {readFileSync, renameSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileLog} from '../effects/upgrade/log.ts'
import type {UpgradePlan} from '../upgrade/plan.ts'
import {runForward} from './run.ts'
import {hear} from './said.ts'
import {planTasks, type RunSite} from './tasks.ts'
import {loadStandIn, savedStandIn, toolsOn} from './testing.ts'

const [folder = '', death] = process.argv.slice(2)
const read = (name: string) => readFileSync(join(folder, name), 'utf8')
const plan = JSON.parse(read('plan.json')) as UpgradePlan
const site = JSON.parse(read('site.json')) as RunSite
const world = loadStandIn(read('world.json'))

let passed = 0
const log = fileLog(join(folder, 'journal'))
const point = () => {
  const file = join(folder, 'world.json')
  writeFileSync(`${file}.new`, savedStandIn(world))
  renameSync(`${file}.new`, file)
  if (String(passed++) === death) process.kill(process.pid, 'SIGKILL')
}
world.point = point
const {append} = log
log.append = async line => {
  point()
  await append(line)
  point()
}

const tools = await toolsOn(plan, world, log)
await hear({approve: ['all'], done: [], again: []}, planTasks(plan, site), tools.writer)
const outcome = await runForward(plan, site, {windows: [], patient: true}, tools)
process.stdout.write(JSON.stringify({passed, outcome: outcome.kind, acts: world.acts}))
