import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const environment = fileURLToPath(import.meta.resolve('gradebox/vitest-environment'))

const project = (pool: 'forks' | 'threads' | 'vmForks' | 'vmThreads') => ({
  extends: true as const,
  test: { name: pool, pool },
})

export default defineConfig({
  test: {
    environment,
    environmentOptions: { gradebox: { env: { GRADER: 'environment' }, concurrency: 3 } },
    maxWorkers: 2,
    projects: [project('forks'), project('threads'), project('vmForks'), project('vmThreads')],
  },
})
