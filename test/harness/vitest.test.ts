import { expect, test } from 'vitest'
import { runProject } from './run-project.ts'

const timeout = 60_000

test.for([
  '--pool=forks',
  '--pool=threads',
  '--pool=forks --no-isolate',
  '--pool=threads --no-isolate',
  '--pool=vmForks',
  '--pool=vmThreads',
])(
  'with %s the plugin gives matchers and defaults, and ends what a file left running',
  {
    timeout,
  },
  async (options) => {
    const run = await runProject('vitest', 'vitest-plugin', options.split(' '))
    expect(run.output).toContain('6 passed (6)')
    expect(run.exitCode).toBe(0)
    expect(run.runs).toEqual(['started', 'ended', 'started', 'ended'])
  },
)

test.for(['forks', 'threads', 'vmForks', 'vmThreads'])(
  'the environment alone, in %s, ends what a file left running',
  { timeout },
  async (pool) => {
    const run = await runProject('vitest', 'vitest-environment', [`--pool=${pool}`])
    expect(run.exitCode).toBe(0)
    expect(run.runs).toEqual(['started', 'ended'])
  },
)

test('a wrong option of the plugin stops Vitest before any test', { timeout }, async () => {
  const run = await runProject('vitest', 'vitest-wrong-option')
  expect(run.exitCode).toBe(1)
  expect(run.output).toContain('TypeError: gradebox: `limits.walltime`: Expected a duration')
})

test('a project keeps the environment that it chose', { timeout }, async () => {
  const run = await runProject('vitest', 'vitest-own-environment')
  expect(run.output).toContain('1 passed (1)')
})

test('the setup file alone registers the matchers, and a failure reads well', {
  timeout,
}, async () => {
  const run = await runProject('vitest', 'vitest-setup-file')
  expect(run.exitCode).toBe(1)
  expect(failure(run.output)).toMatchInlineSnapshot(`
    "Error: expect(run).toHaveStdout("3\\n")

    Expected: stdout "3\\n"
    Received: "4\\n"

    - Expected
    + Received

    - 3
    + 4

    reason:  the program exited with code 0
    verdict: exited, exit code 0
    usage:   walltime 12 ms, cpu 8 ms (user 6 ms, system 2 ms), memory 1.5 MiB
    command: ./a.out
    policy:  strict
    stdout:
      4
    stderr:  empty"
  `)
})

function failure(output: string): string {
  return output.slice(output.indexOf('Error: expect('), output.indexOf('❯ fails.test.ts:')).trim()
}
