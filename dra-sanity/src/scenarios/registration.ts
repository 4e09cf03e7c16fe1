import {createConnection} from 'node:net'
import {setTimeout as sleep} from 'node:timers/promises'
import {registration} from '#lib/protobuf/registration.ts'
import {connect} from '../grpc.ts'
import {judgeInfo} from '../judge.ts'
import {getInfo, notify} from '../kubelet.ts'
import type {Scenario} from '../scenario.ts'
import {isSocket, isUnder, socketPathMax} from '../sockets.ts'
import {said, type Trial} from '../trial.ts'

/** Registration as kubelet does it, and as it goes when kubelet is slow, gives up, refuses or comes again. */
export const registrationScenarios: readonly Scenario[] = [
  {
    name: 'register',
    title: 'kubelet finds the socket, asks who it is within a second, and says that it is registered',
    clauses: [
      'registry.socket',
      'registry.only',
      'info.in-time',
      'info.type',
      'info.name',
      'info.endpoint',
      'info.versions',
      'info.newest-first',
      'notify.answered',
      'serve.ready',
    ],
    run: register,
  },
  {
    name: 'register-refused',
    title: 'kubelet refuses the registration, then tries again on the same socket',
    clauses: ['notify.refused', 'info.repeated'],
    async run(t: Trial) {
      const {socket} = await t.found()
      const {times, registryDir, driver} = t.ground
      const answer = await notify(socket, 'dra-sanity refuses this registration', times.notify)
      t.note(`a refused registration is answered with ${answer.ok ? 'OK' : answer.name}`)
      await sleep(200)
      const again = await t.lookup()
      t.require(
        'notify.refused',
        again !== undefined,
        `no socket in ${registryDir} answered as ${driver} any more`,
      )
      const plugin = await t.register()
      await emptyCall(t, plugin)
    },
  },
  {
    name: 'register-again',
    title: 'kubelet restarts three times: each time it registers the socket that is there',
    clauses: ['info.repeated', 'notify.answered'],
    async run(t: Trial) {
      const {socket, info} = await t.found()
      for (let i = 0; i < 3; i++) {
        const plugin = await t.register()
        await emptyCall(t, plugin)
        plugin.close()
        await sleep(100)
        const answer = await getInfo(socket, t.ground.times.getInfo)
        t.require('info.repeated', answer.ok, `GetInfo after kubelet's end number ${i + 1}: ${said(answer)}`)
        t.check(
          'info.repeated',
          answer.value.endpoint === info.endpoint,
          `the endpoint changed from ${info.endpoint} to ${answer.value.endpoint}`,
        )
      }
    },
  },
  {
    name: 'register-given-up',
    title: 'kubelet connects and says nothing, or gives up in the middle of GetInfo, before it registers',
    clauses: ['info.in-time', 'info.repeated'],
    async run(t: Trial) {
      const {socket} = await t.found()
      const silent = Array.from({length: 8}, () => createConnection(socket).on('error', () => {}))
      t.atEnd(() => {
        for (const one of silent) one.destroy()
      })
      for (const ms of [1, 2, 4, 8]) await getInfoGivenUp(socket, t.ground.times.getInfo, ms)
      const answer = await getInfo(socket, t.ground.times.getInfo)
      t.check('info.in-time', answer.ok, `GetInfo beside 8 silent connections: ${said(answer)}`)
      for (const one of silent) one.destroy()
      const after = await getInfo(socket, t.ground.times.getInfo)
      t.check('info.repeated', after.ok, `GetInfo after they were cut: ${said(after)}`)
    },
  },
  {
    name: 'register-authority',
    title: 'an older kubelet sends the escaped path of the socket as :authority',
    clauses: ['serve.authority'],
    async run(t: Trial) {
      const {socket} = await t.found()
      const answer = await getInfo(socket, t.ground.times.getInfo, {authority: encodeURIComponent(socket)})
      t.check(
        'serve.authority',
        answer.ok,
        `GetInfo with the authority ${encodeURIComponent(socket)}: ${said(answer)}`,
      )
    },
  },
  {
    name: 'serve-advertised',
    title: 'kubelet calls every DRA API that GetInfo lists',
    clauses: ['serve.advertised'],
    async run(t: Trial) {
      const plugin = await t.register()
      for (const version of plugin.versions) {
        const answers = [await plugin.prepare([], {version}), await plugin.unprepare([], {version})]
        for (const answer of answers)
          t.check('serve.advertised', answer.ok, `${version}.DRAPlugin: ${said(answer)}`)
      }
      t.note(`listed: ${plugin.info.supportedVersions.join(', ')}`)
    },
  },
]

async function register(t: Trial): Promise<void> {
  const {registryDir, driver, times} = t.ground
  const {socket} = await t.found()
  const path = Buffer.byteLength(socket)
  t.check('registry.socket', path <= socketPathMax, `${socket} has ${path} bytes, more than ${socketPathMax}`)
  const answer = await getInfo(socket, times.getInfo)
  t.require('info.in-time', answer.ok, `GetInfo: ${said(answer)}`)
  const {value: info} = answer
  t.add(judgeInfo(info, driver, registryDir))
  if (info.endpoint !== '' && !isUnder(registryDir, info.endpoint))
    t.check('info.endpoint', await isSocket(info.endpoint), `there is no socket at ${info.endpoint}`)
  const plugin = await t.register()
  await emptyCall(t, plugin)
}

/** On a connection that stands, so that the request is under way when the caller goes. */
async function getInfoGivenUp(socket: string, timeout: number, after: number): Promise<void> {
  const connection = connect(socket)
  await connection.call(registration.GetInfo, {}, {timeout})
  const given = new AbortController()
  const call = connection.call(registration.GetInfo, {}, {timeout, signal: given.signal})
  await sleep(after)
  given.abort()
  await call
  connection.close()
}

/** A call without claims: does the service answer at all? */
async function emptyCall(t: Trial, plugin: Awaited<ReturnType<Trial['register']>>): Promise<void> {
  const answer = await plugin.prepare([])
  t.check(
    'serve.ready',
    answer.ok,
    `NodePrepareResources without claims at ${plugin.endpoint}: ${said(answer)}`,
  )
}
