// @ts-check
import { gradebox } from 'gradebox/vitest'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [gradebox()],
  test: {
    include: ['bench/vitest/*.bench.mjs'],
    testTimeout: 0,
    // As a package is that one has installed.
    server: { deps: { external: [/\/dist\//, /\/bench\/(?!vitest)/] } },
  },
})
