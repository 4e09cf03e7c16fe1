import {expect, test} from 'vitest'
import {gitopsFiles} from './gitops.ts'
import {firstHop, givenFor, readProduct} from './testing.ts'

const matrix = readProduct('kubevirt')

function jobsOf(versions: Record<string, string>, engine: 'argocd' | 'flux'): string[] {
  const given = givenFor(matrix, versions, {namespace: 'kubevirt'})
  const texts = gitopsFiles(engine, given, firstHop(given), () => undefined).map(({text}) => text)
  return [...texts.join('\n').matchAll(/kind: Job\nmetadata:\n {2}name: (\S+)/g)].map(([, name = '']) => name)
}

test.each(['argocd', 'flux'] as const)(
  'a Job of an earlier plan that ended well is never taken for one of this plan (%s)',
  engine => {
    const earlier = jobsOf({kubevirt: '1.8.3..1.8.4', kubernetes: '1.35'}, engine)
    const later = jobsOf({kubevirt: '1.8.4..1.9.0', kubernetes: '1.35'}, engine)
    expect(earlier.length).toBeGreaterThan(3)
    expect(later.filter(name => earlier.includes(name))).toEqual([])
    // The same plan emitted again is the same upgrade.
    expect(jobsOf({kubevirt: '1.8.4..1.9.0', kubernetes: '1.35'}, engine)).toEqual(later)
    expect([...earlier, ...later].filter(name => name.length > 63)).toEqual([])
  },
)
