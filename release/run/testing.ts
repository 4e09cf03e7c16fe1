/** Test-side: a world in memory with Helm, kubectl and AWS, a journal that can tear, and deaths at any point. */

import {awsCall} from '#testbed/aws/aws.ts'
import {type AwsState, emptyAws} from '#testbed/aws/state.ts'
import type {Answer, Call} from '../upgrade/actions/call.ts'
import type {UpgradePlan} from '../upgrade/plan.ts'
import type {Tools} from './engine.ts'
import {beginJournal, readJournal, type Writer, writerOf} from './journal.ts'
import type {Log, World} from './world.ts'

/** What a run dies of in tests. */
export class Killed extends Error {}

type Revision = {revision: number; status: string; chart: string}

/** A world whose programs count what they do. */
export type StandIn = World & {
  time: number
  releases: Record<string, Revision[]>
  aws: AwsState
  objects: Record<string, Record<string, unknown>>
  applied: Set<string>
  files: Record<string, string>
  /** What was done to the world, each once for each time. */
  acts: string[]
  /** Answers to lines for a shell: the first that matches. */
  shell: [RegExp, (line: string) => Answer][]
  /** Called at every point where a run may die; tests throw Killed there. */
  point: (where: string) => void
}

export const ok = (stdout = ''): Answer => ({code: 0, stdout, stderr: ''})
export const no = (stderr: string, code = 1): Answer => ({code, stdout: '', stderr})

export function standIn(
  more: Partial<Pick<StandIn, 'releases' | 'aws' | 'objects' | 'shell'>> = {},
): StandIn {
  const world: StandIn = {
    time: Date.parse('2026-11-21T12:00:00Z'),
    releases: {},
    aws: emptyAws(),
    objects: {},
    applied: new Set(),
    files: {},
    acts: [],
    shell: [],
    point: () => {},
    ...more,
    now: () => world.time,
    sleep: async milliseconds => {
      world.time += Math.max(milliseconds, 1)
    },
    call: async call => {
      world.time += 1000
      return answer(world, call)
    },
  }
  return world
}

/** All of it but its answers to lines for a shell, of which only those of Helm's list are there again. */
export function savedStandIn({time, releases, aws, objects, applied, files, acts}: StandIn): string {
  return JSON.stringify({time, releases, aws, objects, applied: [...applied], files, acts})
}

export function loadStandIn(text: string): StandIn {
  const {applied, ...rest} = JSON.parse(text) as Omit<StandIn, 'applied'> & {applied: string[]}
  const said = ok('mock  mock  1  2026  deployed  mock-device-0.2.0  0.2.0')
  return Object.assign(standIn({shell: [[/helm list/, () => said]]}), rest, {applied: new Set(applied)})
}

/** What Prometheus says of one series that is zero. */
const sample = JSON.stringify({data: {result: [{value: [0, '0']}]}})

function answer(world: StandIn, call: Call): Answer {
  if ('url' in call) {
    const answered = {code: 200, stdout: call.url.includes('/api/v1/query') ? sample : 'ok', stderr: ''}
    return call.method === 'POST' ? mutate(world, `post ${call.url}`, () => answered) : answered
  }
  if ('read' in call) {
    const text = world.files[call.read]
    return text === undefined ? no('no such file') : ok(text)
  }
  if ('write' in call) {
    return mutate(world, `write ${call.write}`, () => {
      world.files[call.write] = call.text
      return ok()
    })
  }
  const [program = '', ...args] = call.argv
  const said = programs[program]?.(world, args, call.stdin) ?? no(`${program}: not found`, 127)
  if (call.into !== undefined && said.code === 0) world.files[call.into] = said.stdout
  return said
}

/** Something changes: a run may die before it, and after it before it hears of it. */
function mutate(world: StandIn, name: string, work: () => Answer): Answer {
  world.point(`before ${name}`)
  const said = work()
  if (said.code === 0 || said.code === 200) world.acts.push(name)
  world.point(`after ${name}`)
  return said
}

const programs: Record<string, (world: StandIn, args: readonly string[], stdin?: string) => Answer> = {
  helm,
  kubectl,
  aws: (world, args) => {
    const before = world.aws.accepted.length
    world.point(`before aws ${args[1]}`)
    const said = awsCall(world.aws, args, world.time)
    const accepted = world.aws.accepted.slice(before)
    world.acts.push(...accepted)
    if (accepted.length > 0) world.point(`after aws ${args[1]}`)
    return said
  },
  terraform: (world, args) =>
    args[0] === 'plan' && args.includes('-detailed-exitcode')
      ? {...ok(), code: world.acts.includes('terraform apply') ? 0 : 2}
      : mutate(world, `terraform ${args[0]}`, () => ok()),
  git: (world, args) => {
    const file = args.at(-1) ?? ''
    const dirty = world.acts.lastIndexOf(`write ${file}`) > world.acts.lastIndexOf(`git commit ${file}`)
    return args[0] === 'status'
      ? ok(dirty ? ` M ${file}` : '')
      : mutate(world, `git ${args[0]} ${file}`, () => ok())
  },
  sh: (world, [, line = '']) => {
    const found = world.shell.find(([pattern]) => pattern.test(line))
    return found ? found[1](line) : ok()
  },
}

function helm(world: StandIn, args: readonly string[]): Answer {
  const [operation = '', ...rest] = args
  const words = rest.filter(
    (word, i) => !word.startsWith('-') && !/^--(namespace|version|values|set)$|^-o$/.test(rest[i - 1] ?? ''),
  )
  const option = (name: string) => args[args.indexOf(name) + 1] ?? ''
  const [release = '', second = ''] = words
  const revisions = world.releases[release] ?? []
  if (operation === 'history')
    return revisions.length > 0 ? ok(JSON.stringify(revisions)) : no('Error: release: not found')
  if (operation === 'get') return revisions.length > 0 ? ok('{}') : no('Error: release: not found')
  if (operation === 'uninstall')
    // What never was installed is only cleared away.
    return mutate(
      world,
      `helm ${revisions.at(-1)?.status === 'pending-install' ? 'clear' : 'uninstall'} ${release}`,
      () => {
        if (revisions.length === 0) return no('Error: release: not found')
        delete world.releases[release]
        return ok()
      },
    )
  const last = revisions.at(-1)
  if (operation === 'upgrade') {
    if (last?.status.startsWith('pending'))
      return no('Error: another operation (install/upgrade/rollback) is in progress')
    const chart = `${second.split('/').at(-1)}-${option('--version')}`
    return transition(world, release, chart, last ? 'pending-upgrade' : 'pending-install')
  }
  const wanted = revisions.find(r => String(r.revision) === second)
  return wanted ? transition(world, release, wanted.chart, 'pending-rollback') : no('Error: no such revision')
}

/** A client that dies in the middle leaves the release pending for ever. */
function transition(world: StandIn, release: string, chart: string, pending: string): Answer {
  const name = `helm ${pending.replace('pending-', '')} ${release} ${chart}`
  world.point(`before ${name}`)
  const revisions = world.releases[release] ?? []
  world.releases[release] = revisions
  const record: Revision = {revision: revisions.length + 1, status: pending, chart}
  revisions.push(record)
  world.point(`in the middle of ${name}`)
  for (const one of revisions)
    if (one.status === 'deployed' || one.status.startsWith('pending')) one.status = 'superseded'
  record.status = 'deployed'
  world.acts.push(name)
  world.point(`after ${name}`)
  return ok()
}

function kubectl(world: StandIn, given: readonly string[], stdin?: string): Answer {
  const args = given[0] === '-n' ? given.slice(2) : given
  const [operation = '', first = '', second = ''] = args
  const object = world.objects[first]
  switch (operation) {
    case 'diff':
      return world.applied.has(args.at(-1) ?? '') ? ok() : {code: 1, stdout: 'it differs', stderr: ''}
    case 'apply':
      return mutate(world, `apply ${args.at(-1)}`, () => {
        world.applied.add(args.at(-1) ?? '')
        return ok()
      })
    case 'get':
      return getObjects(world, args)
    case 'replace':
      return mutate(world, 'replace', () => ok())
    case 'create':
      return createJob(world, stdin ?? '')
    case 'delete':
      return mutate(world, `delete ${args.slice(1, -1).join(' ')}`, () => {
        for (const name of args.slice(1)) delete world.objects[name]
        return ok()
      })
    case 'scale':
      if (!object) return no(`Error from server (NotFound): ${first} not found`)
      return mutate(world, `scale ${first} ${second}`, () => {
        const replicas = Number(second.split('=')[1])
        Object.assign(object, {spec: {...(object.spec as object), replicas}, status: {replicas}})
        return ok()
      })
    case 'patch':
      if (!object) return no(`Error from server (NotFound): ${first} not found`)
      return mutate(world, `patch ${first}`, () => {
        const patch = JSON.parse(args.at(-1) ?? '{}') as Record<string, object>
        for (const [key, value] of Object.entries(patch)) object[key] = {...(object[key] as object), ...value}
        return ok()
      })
    case 'set':
      return setImage(world, second, args[3] ?? '')
    default:
      // wait and rollout: everything is ready at once.
      return ok()
  }
}

function getObjects(world: StandIn, args: readonly string[]): Answer {
  const [, first = '', second = ''] = args
  if (first === 'job') {
    const job = world.objects[`job/${second}`]
    return job
      ? ok(JSON.stringify(job))
      : no(`Error from server (NotFound): jobs.batch "${second}" not found`)
  }
  if (args.includes('name')) {
    const names = args.slice(1).filter(name => Object.hasOwn(world.objects, name))
    return ok(names.join('\n'))
  }
  if (args.includes('--all-namespaces')) return ok(args.includes('json') ? '{"items": [{}]}' : 'items: []')
  const object = world.objects[first]
  return object ? ok(JSON.stringify(object)) : no(`Error from server (NotFound): ${first} not found`)
}

function createJob(world: StandIn, manifest: string): Answer {
  const job = JSON.parse(manifest) as {metadata: {name: string}}
  const key = `job/${job.metadata.name}`
  if (Object.hasOwn(world.objects, key)) return no('Error from server (AlreadyExists)')
  return mutate(world, `create ${key}`, () => {
    world.objects[key] = {...job, status: {conditions: [{type: 'Complete', status: 'True'}]}}
    return ok()
  })
}

function setImage(world: StandIn, resource: string, word: string): Answer {
  return mutate(world, `set image ${resource} ${word}`, () => {
    const [name, image] = word.split('=')
    world.objects[resource] = {
      ...world.objects[resource],
      spec: {...(world.objects[resource]?.spec as object), template: {spec: {containers: [{name, image}]}}},
    }
    return ok()
  })
}

/** A journal in memory; a death may come before a line, in the middle of it, or after it. */
export function memoryLog(point: (where: string) => void): Log & {text: string} {
  const log = {
    text: '',
    read: async () => (log.text === '' ? undefined : log.text),
    append: async (line: string) => {
      log.text = log.text.slice(0, log.text.lastIndexOf('\n') + 1)
      point('before a record')
      const torn = log.text
      log.text += line.slice(0, line.length / 2)
      point('in the middle of a record')
      log.text = `${torn}${line}\n`
      point('after a record')
    },
  }
  return log
}

/** Everything a run needs, on a journal that is gone on with or begun. */
export async function toolsOn(plan: UpgradePlan, world: StandIn, log: Log): Promise<Tools> {
  const text = await log.read()
  const begun = text?.includes('\n') ? readJournal(text) : undefined
  const writer: Writer = begun
    ? writerOf(begun.header, begun.records, log, world, () => {})
    : await beginJournal({run: 'r1', digest: 'digest', plan}, log, world, () => {})
  return {
    world,
    writer,
    lock: {fence: 1, holder: 'test', renew: async () => {}, release: async () => {}},
    helm: 4,
    run: 'r1',
    poll: 5000,
    told: () => {},
  }
}
