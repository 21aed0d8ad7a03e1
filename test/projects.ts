import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProjectInlineConfiguration } from 'vitest/config'

type Settings = NonNullable<TestProjectInlineConfiguration['test']>

// The parts that the suites of `npm test` and of `npm run test:endurance` share.

/** Vite's files, outside the checkout: the suites also run as a user who cannot write to it. */
export const cacheDir = join(tmpdir(), `gradebox-vite-${process.getuid?.() ?? 0}`)

/** Keeps translated modules for the next worker, project and run. */
export const moduleCache = { fsModuleCache: true, fsModuleCachePath: join(cacheDir, 'modules') }

/**
 * Files that replace a module, or change their process. Each gets a process of its own. The other files share one
 * process for each worker, because its start and its imports take more than a second of CPU time.
 */
export const ISOLATED = '**/*.isolated.test.ts'

/**
 * Files whose tests need the machine for one run. They start after all others, one by one: two runs of another test
 * that wait for each other would never let such a run in.
 */
export const ALONE = '**/*.alone.test.ts'

/** No test waits this long, but a busy machine may take minutes for the work of seconds. */
const SANDBOX_TIMEOUT_MS = 300_000

const timeouts = { testTimeout: SANDBOX_TIMEOUT_MS, hookTimeout: SANDBOX_TIMEOUT_MS }

/** The settings of tests that run sandboxes. */
export const sandboxes = {
  ...timeouts,
  setupFiles: ['src/matchers/vitest.ts'],
  globalSetup: ['test/run/global-setup.ts'],
}

/** Each test really runs sandboxes. */
export const run: Settings = {
  ...sandboxes,
  name: 'run',
  include: ['test/run/**/*.test.ts', 'test/hostile/**/*.test.ts'],
  exclude: ['test/run/container/**', ISOLATED, ALONE],
  isolate: false,
}

/** Runs sandboxes in containers, whose engines start once for all files. */
export const containers: Settings = {
  ...timeouts,
  name: 'containers',
  include: ['test/run/container/*.test.ts'],
  globalSetup: ['test/run/global-setup.ts', 'test/run/container/engines/global-setup.ts'],
}

/** Runs the built package inside Vitest and Jest. */
export const harness: Settings = {
  ...timeouts,
  name: 'harness',
  include: ['test/harness/**/*.test.ts'],
  exclude: ['test/harness/projects/**'],
  globalSetup: ['test/harness/global-setup.ts'],
}

/** Repeats tests of `run` in sandboxes that waited in the pool for their run. */
const warm: Settings = {
  ...sandboxes,
  name: 'warm',
  setupFiles: ['src/matchers/vitest.ts', 'test/run/support/always-warm.ts'],
}

/** One file for each kind of promise. */
export const someWarm: Settings = {
  ...warm,
  include: [
    'test/hostile/{descriptors,false-verdicts,host-files,links,namespaces,network,uncounted-memory}.test.ts',
    'test/hostile/runner/{links,read-only}.test.ts',
    'test/run/{collect,exit,files,identity,mounts,program-not-started,stdin}.test.ts',
    'test/run/limits/{hidden-processes,memory,resources,unlimited}.test.ts',
    'test/run/workdir/{modes,overlay,source,target}.test.ts',
  ],
}

/** Everything that a program may and may not do. */
export const allWarm: Settings = {
  ...warm,
  include: [
    'test/hostile/**/*.test.ts',
    'test/run/{collect,exit,files,identity,mounts,overlay-mounts,program-not-started,seccomp,stdin}.test.ts',
    'test/run/{limits,workdir}/*.test.ts',
  ],
  // This file starts Node processes of its own, whose pool works as usual.
  exclude: ['test/hostile/nested-root.test.ts', ISOLATED],
}
