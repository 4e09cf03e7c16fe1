/** What `lockstep explain` knows: the tables of all rooms. */
export type Codes = Readonly<Record<string, {title: string; text: string}>>

const tables: readonly (() => Promise<{codes: Codes}>)[] = [
  () => import('./codes.ts'),
  () => import('./bootstrap-codes.ts'),
  () => import('../archive/codes.ts'),
  () => import('../build/codes.ts'),
  () => import('../cut/codes.ts'),
  () => import('../doctor/codes.ts'),
  () => import('../effects/codes.ts'),
  () => import('../effects/toolbox/codes.ts'),
  () => import('../evidence/codes.ts'),
  () => import('../emit/codes.ts'),
  () => import('../generate/codes.ts'),
  () => import('../generate/device/codes.ts'),
  () => import('../generate/docs/codes.ts'),
  () => import('../kernels/codes.ts'),
  () => import('../lib/codes.ts'),
  () => import('../lib/signing/codes.ts'),
  () => import('../live/codes.ts'),
  () => import('../matrix/codes.ts'),
  () => import('../matrix/import/codes.ts'),
  () => import('../mirror/codes.ts'),
  () => import('../plan/codes.ts'),
  () => import('../publish/codes.ts'),
  () => import('../run/codes.ts'),
  () => import('../trust/codes.ts'),
  () => import('../upgrade/codes.ts'),
  () => import('../../dra-driver/codes.ts'),
  () => import('../../dra-sanity/codes.ts'),
  () => import('../../vfio-user-server/codes.ts'),
]

/**
 * Every room's codes, in order.
 * @throws Error when two rooms explain the same code: each must mean one thing for ever
 */
export async function allCodes(): Promise<Codes> {
  const entries = (await Promise.all(tables.map(load => load()))).flatMap(({codes}) => Object.entries(codes))
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  const twice = entries.find(([code], i) => code === entries[i + 1]?.[0])
  if (twice) throw new Error(`the code ${twice[0]} is explained twice`)
  return Object.fromEntries(entries)
}
