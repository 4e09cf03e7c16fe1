/** What can be wrong with what a request says of versions. */
import type {Diagnostic} from '#lib/diagnostics.ts'
import {didYouMean} from '#lib/did-you-mean.ts'
import {schemeExample} from '../lib/versions.ts'
import type {Matrix} from '../matrix/schema/index.ts'
import {absent} from './absent.ts'

export function unknownComponent(name: string, matrix: Matrix): Diagnostic {
  const known = Object.keys(matrix.components)
  const near = didYouMean(name, known)
  return {
    code: 'J001',
    severity: 'error',
    message: `the matrix has no component ${name}`,
    hint: near ? `did you mean ${near}?` : `it has ${known.join(', ')}`,
  }
}

/** Of `1.3` somebody may have meant any of 1.3.0 and 1.3.1: those that are listed are named. */
export function notVersion(
  {name, running}: {name: string; running: string},
  {versions, scheme}: Matrix['components'][string],
): Diagnostic {
  const listed = versions.map(({version}) => version)
  const near = listed.filter(version => version.startsWith(`${running}.`))
  const some = near.length > 0 ? near : listed.slice(-3)
  return {
    code: 'J002',
    severity: 'error',
    message: `${name}: ${JSON.stringify(running)} is not a version`,
    expected: `a whole one, such as ${some.length > 0 ? some.join(', ') : schemeExample[scheme]}`,
    ...(running === absent.text
      ? {hint: 'a plan moves what runs: leave out what is still to be installed, or is to go for good'}
      : {}),
  }
}

export function apart(
  group: string,
  first: {component: string; running: string},
  name: string,
  running: string,
): Diagnostic {
  return {
    code: 'J005',
    severity: 'error',
    message: `the group ${group} moves as one, but ${first.component} is at ${first.running} and ${name} at ${running}`,
    hint: 'bring its members to one version first',
  }
}

export function notCurrent(name: string, matrix: Matrix): Diagnostic {
  if (!Object.hasOwn(matrix.components, name.split('@')[0] ?? '')) return unknownComponent(name, matrix)
  return {
    code: 'J006',
    severity: 'error',
    message: `${name} is wanted, but it is not said which version runs`,
    expected: `${name}=CURRENT..WANTED`,
  }
}

/** A version that was taken back is nowhere to go, even if somebody asks for exactly that one. */
export function withdrawn(
  {components}: Matrix,
  {name, members}: {name: string; members: readonly string[]},
  version: string,
): Diagnostic | undefined {
  const listed = members.flatMap(
    member => components[member]?.versions.find(v => v.version === version) ?? [],
  )
  const yanked = listed.find(v => v.state === 'yanked')
  if (!yanked) return undefined
  const why = yanked.withdrawn ?? yanked.notes.join(' ')
  return {
    code: 'J004',
    severity: 'error',
    message: `${name} ${version} was withdrawn${why ? `: ${why}` : ''}`,
    expected: 'a version that was not',
  }
}
