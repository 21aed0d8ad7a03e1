import gradebox from 'gradebox/vitest'
import { defineConfig } from 'vitest/config'

const runs = ['runs.test.ts', 'concurrent.test.ts']

/** A project that inherits the plugin. Its sleep time marks its processes. */
const project = (name: string, marker: string, test: object = {}) => ({
  extends: true as const,
  test: { name, include: runs, env: { PROJECT_MARKER: `${process.env.MARKER}${marker}` }, ...test },
})

export default defineConfig({
  plugins: [
    gradebox({
      policy: './policy.toml',
      limits: { walltime: '5s' },
      env: { GRADER: 'plugin' },
      concurrency: 3,
    }),
  ],
  test: {
    maxWorkers: 2,
    projects: [
      project('forks', '1', { pool: 'forks' }),
      project('threads', '2', { pool: 'threads' }),
      project('vmForks', '3', { pool: 'vmForks' }),
      project('vmThreads', '4', { pool: 'vmThreads' }),
      project('shared forks', '5', { pool: 'forks', isolate: false }),
      project('shared threads', '6', { pool: 'threads', isolate: false }),
      project('options', '7', {
        include: ['options.test.ts'],
        environmentOptions: { gradebox: { limits: { processes: 20 }, env: { OWN: 'option' } } },
      }),
      project('own environment', '8', {
        include: ['own-environment.test.ts'],
        environment: './environment.ts',
      }),
      {
        extends: true,
        // This plugin comes after the inherited one.
        plugins: [gradebox({ env: { GRADER: 'inline' } })],
        test: { name: 'inline', include: ['inline.test.ts'] },
      },
      { extends: false, test: { name: 'without', include: ['without.test.ts'] } },
      './folder',
    ],
  },
})
