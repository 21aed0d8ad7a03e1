// @ts-check
import { gradebox } from 'gradebox/vitest'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [gradebox()],
  test: {
    include: ['bench/vitest/*.bench.mjs'],
    testTimeout: 0,
    // The entries resolve as in an installed package.
    server: { deps: { external: [/\/dist\//, /\/bench\/(?!vitest)/] } },
  },
})
