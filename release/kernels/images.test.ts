import {expect, test} from 'vitest'
import {type AddendumImage, makeAddendum} from './addendum.ts'
import {absentImages, otherImages} from './images.ts'
import {imageTag} from './kmm.ts'

const digest = (letter: string) => `sha256:${letter.repeat(64)}`
const image = (kernel: string, letter: string): AddendumImage => ({
  kernel,
  line: 'debian-13-amd64',
  arch: 'amd64',
  tag: imageTag('0.2.0', kernel),
  digest: digest(letter),
  inputs: {compiler: 'gcc', toolbox: 't', source: digest('c'), packages: []},
})
const [one, two] = [image('6.12.1-amd64', 'a'), image('6.12.2-amd64', 'b')]
const addenda = [makeAddendum('0.2.0', 0, [one, two])]

test('a place has the images of addenda, lacks them, or has others under their tags', () => {
  const sound = new Map([[one.tag, one.digest]])
  expect(otherImages(addenda, sound, 'here')).toEqual([])
  const [problem, ...rest] = otherImages(addenda, new Map([[one.tag, two.digest]]), 'here')
  expect(rest).toEqual([])
  expect(problem).toMatchObject({code: 'K041', message: `here has ${one.tag} as ${two.digest}`})
})

test('an image that is neither there nor in the lock is told, with the way to get it', () => {
  expect(absentImages(addenda, new Set([one.tag, two.tag]), 'here')).toEqual([])
  const problems = absentImages(addenda, new Set([one.tag]), 'here')
  expect(problems).toMatchObject([
    {
      code: 'K042',
      message: expect.stringContaining(two.kernel),
      hint: expect.stringContaining('lockstep mirror'),
    },
  ])
})
