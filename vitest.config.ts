import {defineConfig} from 'vitest/config'

/**
 * Tiers are named by the file's suffix, and TIER chooses one: `TIER=guest npx vitest run kernel-driver`.
 * `bootstrap/test.mjs` runs them one after the other.
 */
const tiers = ['tools', 'guest', 'cluster', 'e2e', 'nodes', 'debug', 'rebuild', 'platform', 'soak']
const tier = process.env.TIER ?? 'unit'
const rooms = '{bench,components,dra-driver,dra-sanity,kernel-driver,lib,release,testbed,vfio-user-server}'
const slow = tier !== 'unit'

export default defineConfig({
  test: {
    include: slow ? [`${rooms}/**/*.${tier}.test.ts`] : [`${rooms}/**/*.test.ts`],
    exclude: ['**/node_modules/**', ...(slow ? [] : [`**/*.{${tiers.join(',')}}.test.ts`])],
    testTimeout: slow ? (['e2e', 'nodes'].includes(tier) ? 900_000 : 300_000) : 30_000,
    hookTimeout: slow ? 600_000 : 30_000,
    // Guests and control planes take both cores: one file after the other.
    fileParallelism: !['guest', 'cluster', 'e2e', 'nodes', 'debug', 'platform'].includes(tier),
    // vitest keeps one core for itself unless told; of two that is half.
    maxWorkers: '100%',
  },
})
