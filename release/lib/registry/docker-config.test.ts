import {describe, expect, it} from 'vitest'
import {memoryFiles} from '../../effects/memory-files.ts'
import type {Exec} from '../effects.ts'
import {dockerCredentials} from './docker-config.ts'

const auth = Buffer.from('ann:pass:word').toString('base64')
function credentials(config: unknown, answers: Record<string, [code: number, text: string]> = {}) {
  const asked: string[] = []
  const exec: Exec = {
    run: async ([program = '', ...args], options) => {
      asked.push(`${program} ${args.join(' ')} < ${options?.stdin}`)
      const [code, text] = answers[program] ?? [1, 'credentials not found in native keychain\n']
      return {code, stdout: Buffer.from(text), stderr: Buffer.alloc(0)}
    },
  }
  const files = memoryFiles({
    '/etc/docker/config.json': typeof config === 'string' ? config : JSON.stringify(config),
  })
  return Object.assign(
    dockerCredentials({files, exec, env: {DOCKER_CONFIG: '/etc/docker', HOME: '/home/ann'}}),
    {asked},
  )
}

describe('dockerCredentials', () => {
  it('finds a host that is equal, and none that is only alike', async () => {
    const look = credentials({
      auths: {
        'ghcr.io': {auth},
        'https://quay.io/v2/': {username: 'bob', password: 'b'},
        'old.io': {identitytoken: 't'},
      },
    })
    expect(await look('ghcr.io')).toEqual({username: 'ann', password: 'pass:word'})
    expect(await look('quay.io')).toEqual({username: 'bob', password: 'b'})
    expect(await look('old.io')).toEqual({identityToken: 't'})
    for (const other of ['cr.io', 'ghcr.io:5000', 'ghcr.io.evil.example', 'evilghcr.io'])
      expect(await look(other), other).toBeUndefined()
  })

  it('knows Docker Hub by its old name', async () => {
    const look = credentials({auths: {'https://index.docker.io/v1/': {auth}}})
    expect(await look('docker.io')).toMatchObject({username: 'ann'})
  })

  it('asks the helper of the host, else the store, else looks in the file', async () => {
    const look = credentials(
      {
        auths: {'a.io': {auth}, 'c.io': {auth}},
        credHelpers: {'a.io': 'alpha'},
        credsStore: 'store',
      },
      {
        'docker-credential-alpha': [0, '{"ServerURL":"a.io","Username":"from","Secret":"alpha"}'],
        'docker-credential-store': [1, 'credentials not found in native keychain'],
      },
    )
    expect(await look('a.io')).toEqual({username: 'from', password: 'alpha'})
    expect(await look('c.io')).toMatchObject({username: 'ann'})
    expect(look.asked).toEqual(['docker-credential-alpha get < a.io', 'docker-credential-store get < c.io'])
    await look('a.io')
    expect(look.asked).toHaveLength(2)
  })

  it('takes <token> for a refresh token', async () => {
    const look = credentials(
      {credsStore: 's'},
      {'docker-credential-s': [0, '{"ServerURL":"x","Username":"<token>","Secret":"refresh"}']},
    )
    expect(await look('x.io')).toEqual({identityToken: 'refresh'})
  })

  it('takes an empty answer for none', async () => {
    const empty = '{"ServerURL":"x.io","Username":"","Secret":""}'
    const look = credentials({auths: {'x.io': {auth}}, credsStore: 's'}, {'docker-credential-s': [0, empty]})
    expect(await look('x.io')).toMatchObject({username: 'ann'})
  })

  it('says what is wrong', async () => {
    await expect(credentials('not json')('x.io')).rejects.toThrow(/R008.*config\.json/)
    await expect(credentials({auths: {'x.io': {auth: 'YWJj'}}})('x.io')).rejects.toThrow(/R008.*colon/)
    const broken = credentials({credsStore: 's'}, {'docker-credential-s': [1, 'the keychain is locked']})
    await expect(broken('x.io')).rejects.toThrow(/R007.*locked/)
  })

  it('is nobody without a file', async () => {
    const exec: Exec = {run: async () => ({code: 0, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0)})}
    expect(
      await dockerCredentials({files: memoryFiles(), exec, env: {HOME: '/home/ann'}})('x.io'),
    ).toBeUndefined()
  })
})
