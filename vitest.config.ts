import {defineConfig} from 'vitest/config'

/** Tiers are named by the file's suffix; `bootstrap/test.mjs` runs them one after the other. */
export default defineConfig({
  test: {
    include: ['{lib,release,testbed,bench,dra-driver,vfio-user-server,dra-sanity}/**/*.test.ts'],
    exclude: ['**/*.{real,guest,cluster}.test.ts', '**/node_modules/**'],
  },
})
