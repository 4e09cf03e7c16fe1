import {expect, test} from 'vitest'
import {githubStandIn} from '#testbed/github/stand-in.ts'
import type {Fetch} from '../lib/effects.ts'
import {githubOf} from './github.ts'

const token = 'planted-token-4711'
const open = (fetch: Fetch, given: string | undefined = token, slept: number[] = []) =>
  githubOf({
    repository: 'acme/mock-device',
    api: 'https://github.test',
    token: given,
    fetch,
    retry: {attempts: 3, first: 0, most: 0, sleep: async ms => void slept.push(ms)},
  })
const fresh = {tag: 'v1.0.0', commit: 'c', name: 'v1.0.0', body: 'notes', prerelease: false}

test('draft, assets, publication; then nothing changes any more', async () => {
  const standIn = githubStandIn({token})
  const github = open(standIn.fetch)
  const {id} = await github.createRelease(fresh)
  expect(await github.upload(id, 'a b.txt', Buffer.from('x'))).toBe('uploaded')
  expect(await github.upload(id, 'a b.txt', Buffer.from('y'))).toBe('taken')
  expect(await github.assets(id)).toMatchObject([{name: 'a b.txt', size: 1, state: 'uploaded'}])
  expect(await open(standIn.fetch, '').releases()).toEqual([])
  await github.updateRelease(id, {draft: false, latest: true})
  expect(standIn.latest).toBe(id)
  await expect(github.upload(id, 'late', Buffer.from('z'))).rejects.toThrow(/E052.*immutable/)
  await expect(
    github.createRelease(fresh).then(r => github.updateRelease(r.id, {draft: false})),
  ).rejects.toThrow('already_exists')
})

test('more releases than a page holds', async () => {
  const standIn = githubStandIn({token})
  const github = open(standIn.fetch)
  for (let i = 0; i < 101; i++) await github.createRelease({...fresh, tag: `v1.0.${i}`})
  expect(await github.releases()).toHaveLength(101)
})

test('a secondary rate limit is waited for as long as it says', async () => {
  const slept: number[] = []
  const standIn = githubStandIn({token, pace: 0})
  await open(standIn.fetch, token, slept).createRelease(fresh)
  expect(slept).toEqual([1000])
  expect(standIn.releases).toHaveLength(1)
})

test('a write whose answer was lost is not repeated blindly', async () => {
  const standIn = githubStandIn({token, fault: ({method}) => (method === 'POST' ? 'cut-after' : undefined)})
  await expect(open(standIn.fetch).createRelease(fresh)).rejects.toThrow('E050')
  expect(standIn.releases).toHaveLength(1)
})

test('a token that may not write is told of, and never shown', async () => {
  const error = await open(githubStandIn({token}).fetch, 'planted-wrong')
    .createRelease(fresh)
    .catch((e: unknown) => e)
  expect(String(error)).toContain('E051')
  expect(JSON.stringify(error) + String(error)).not.toContain('planted')
})
