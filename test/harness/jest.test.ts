import { expect, test } from 'vitest'
import { runProject } from './run-project.ts'

const timeout = 60_000

test('from CommonJS Jest gets the matchers and the environment, which ends what a file left running', {
  timeout,
}, async () => {
  const run = await runProject('jest', 'jest-cjs', ['--runInBand', 'passes'])
  expect(run.output).toContain('4 passed, 4 total')
  expect(run.output).not.toMatch(/warning/i)
  expect(run.exitCode).toBe(0)
  expect(run.runs).toEqual(['started', 'ended', 'started', 'ended'])
})

test('as ES modules too, and without injected globals', { timeout }, async () => {
  const run = await runProject('jest', 'jest-esm', [], ['--experimental-vm-modules'])
  expect(run.output).toContain('2 passed, 2 total')
  expect(run.exitCode).toBe(0)
  expect(run.runs).toEqual(['started', 'ended'])
})

test('a failure reads well', { timeout }, async () => {
  const run = await runProject('jest', 'jest-cjs', ['fails'])
  expect(run.exitCode).toBe(1)
  expect(failures(run.output)).toMatchInlineSnapshot(`
    "  ● a wrong answer

        expect(run).toHaveStdout("3\\n")

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
        stderr:  empty

      ● a run that was not awaited

        TypeError: expect(run).not.toSucceed()

        Matcher error: the received value must be the result of a sandboxed run
        Received: a run that is still pending (a promise); did you forget \`await\`, or \`.resolves\`?"
  `)
})

test('registered too early, the matchers say where they belong', { timeout }, async () => {
  const args = ['passes', '--setupFiles', 'gradebox/matchers/jest']
  const run = await runProject('jest', 'jest-cjs', args)
  expect(run.exitCode).toBe(1)
  expect(run.output).toContain('List gradebox/matchers/jest in `setupFilesAfterEnv`')
})

// Each up to its code frame.
function failures(output: string): string {
  return (output.match(/ {2}● .*?(?=\n\n +\d+ \|)/gs) ?? []).join('\n\n')
}
