import {describe, expect, test} from 'vitest'
import {DiagnosticError} from '#lib/diagnostics.ts'
import {flags, helpText, readOptions} from './options.ts'

const codes = (argv: string[], env: NodeJS.ProcessEnv = {}) => {
  try {
    readOptions(argv, env)
    return []
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error
    expect(error.exit).toBe(2)
    return error.diagnostics.map(one => one.code)
  }
}

describe('options', () => {
  test('have defaults that fit a node', () => {
    expect(readOptions(['--node-name=node1'], {})).toEqual({
      node: 'node1',
      kubeletRoot: '/var/lib/kubelet',
      cdiRoot: '/var/run/cdi',
      sysfsRoot: '/sys',
      devRoot: '/dev',
      source: 'sysfs',
      rescanSeconds: 30,
      relistSeconds: 180,
      reconcileSeconds: 300,
      http: {port: 8080},
      health: true,
      durability: 'fsync',
      logLevel: 'info',
      logFormat: 'json',
    })
  })

  test('leave shared counters to the server, unless told', () => {
    const counters = (value: string) =>
      readOptions([`--shared-counters=${value}`, '--node-name=n'], {}).sharedCounters
    expect(['auto', 'on', 'off'].map(counters)).toEqual([undefined, true, false])
  })

  test('come from the environment too; the flag wins, and an empty variable is none', () => {
    const env = {NODE_NAME: 'env', CDI_ROOT: '', LOG_LEVEL: 'debug', HTTP_ADDRESS: 'off'}
    const {http, ...options} = readOptions(['--log-level', 'warn'], env)
    expect(options).toMatchObject({node: 'env', cdiRoot: '/var/run/cdi', logLevel: 'warn'})
    expect(http).toBeUndefined()
  })

  test.each([
    [['--nodename=x'], ['N001']],
    [['serve'], ['N001']],
    [['--node-name='], ['N002']],
    [['--node-name=Node_1'], ['N002']],
    [
      ['--source=magic', '--log-format=xml', '--what'],
      ['N001', 'N002', 'N002'],
    ],
    [['--source=simulated'], ['N003']],
    [['--rescan-interval=0'], ['N002']],
    [['--relist-interval=soon'], ['N002']],
    [['--http-address=8080'], ['N002']],
    [['--http-address=:70000'], ['N002']],
  ])('%j is refused', (argv, expected) => {
    expect(codes(argv, {NODE_NAME: 'n'})).toEqual(expected)
  })

  test('addresses of both families', () => {
    const http = (address: string) => readOptions([`--http-address=${address}`, '--node-name=n'], {}).http
    expect([http('127.0.0.1:1'), http('[::1]:2'), http(':3')]).toEqual([
      {host: '127.0.0.1', port: 1},
      {host: '::1', port: 2},
      {port: 3},
    ])
  })

  test('are all told by the help, with their variables', () => {
    for (const [name, {env}] of Object.entries(flags)) {
      expect(helpText()).toContain(`--${name} `)
      expect(helpText()).toContain(env)
    }
  })
})
