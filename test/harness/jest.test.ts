import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { withRepeats } from '../repeats.ts'
import { newMarker, processesWith, until } from './processes.ts'
import { messagesOf, statuses } from './report.ts'
import { runProject, startProject } from './run-project.ts'

const workers = withRepeats(
  [['--maxWorkers=2']],
  [['--runInBand'], ['--maxWorkers=2', '--workerThreads']],
)

test.for(workers)(
  'from CommonJS, with %s, programs run with defaults, and end with their tests',
  async (args) => {
    const marker = newMarker()
    const run = await runProject('jest', 'jest-cjs', { args, env: { MARKER: marker } })
    expect(statuses(run.tests)).toMatchInlineSnapshot(`
      {
        "a pragma’s options are the file’s defaults": "passed 1",
        "a program runs, with the configuration’s defaults": "passed 1",
        "a run of another test continues": "passed 1",
        "a run that starts later continues": "passed 1",
        "a run that was not awaited": "failed 1",
        "a run’s snapshot is short": "passed 1",
        "a wrong answer": "failed 1",
        "an error of Gradebox is a SandboxError": "passed 1",
        "forgets a run": "failed 1",
        "of concurrent tests, one times out": "failed 1",
        "tests and their environment share one copy of the package": "passed 1",
        "the forgotten run has ended": "passed 1",
        "the run that timed out has ended": "passed 1",
        "times out": "failed 1",
      }
    `)
    expect(run.output).not.toMatch(/warning|did not exit/i)
    expect(run.exitCode).toBe(1)
    expect(processesWith(marker)).toEqual([])
    const messages = ['a wrong answer', 'a run that was not awaited', 'forgets a run']
    expect(messages.flatMap((name) => messagesOf(run.tests, name))).toMatchInlineSnapshot(`
      [
        "Error: expect(run).toHaveStdout("3\\n")

      Expected: stdout "3\\n"
      Received: "4\\n"

      - Expected
      + Received

      - 3
      + 4

      reason:  exited with code 0
      verdict: exited, exit code 0
      usage:   …
      command: echo 4
      policy:  strict
      stdout:
        4
      stderr:  empty",
        "TypeError: expect(run).not.toSucceed()

      Matcher error: the received value must be the result of a sandboxed run
      Received: a run that is still pending (a promise); did you forget \`await\`, or \`.resolves\`?",
        "Error: When the test ended, a program was still running, and was ended: await the run, or end it with \`kill()\`.

      reason:  ended by the caller
      verdict: aborted, signal SIGKILL
      usage:   …
      command: sleep <marker>
      policy:  strict
      stdout:  empty
      stderr:  empty",
      ]
    `)
    const timedOut = messagesOf(run.tests, 'times out')
    expect(timedOut[0]).toContain('Exceeded timeout of 2000 ms for a test.')
    expect(timedOut.slice(1)).toMatchInlineSnapshot(`
      [
        "Error: When the test timed out, a program was still running, and was ended.

      reason:  ended by the caller
      verdict: aborted, signal SIGKILL
      usage:   …
      command: sh -c "echo waiting; sleep <marker>"
      policy:  strict
      stdout:
        waiting
      stderr:  empty",
      ]
    `)
  },
)

test('from ES modules too, and without injected globals', async () => {
  const marker = newMarker()
  const nodeArgs = ['--experimental-vm-modules']
  const run = await runProject('jest', 'jest-esm', { nodeArgs, env: { MARKER: marker } })
  expect(statuses(run.tests)).toMatchInlineSnapshot(`
    {
      "a program runs, with the configuration’s defaults": "passed 1",
      "an error of Gradebox is a SandboxError of the tests’ realm": "passed 1",
      "forgets a run": "failed 1",
      "times out": "failed 1",
    }
  `)
  expect(messagesOf(run.tests, 'times out').join()).toContain('When the test timed out, a program')
  expect(processesWith(marker)).toEqual([])
})

test('a wrong option, in the configuration or in a pragma, is named', async () => {
  const { output, exitCode } = await runProject('jest', 'jest-wrong-option')
  expect(exitCode).toBe(1)
  expect(output).toContain('SandboxError: Invalid limits: walltime: expected a duration above 0')
})

test('matchers that are registered too early say where they belong', async () => {
  const args = ['concurrent', '--setupFiles', 'gradebox/matchers/jest']
  const run = await runProject('jest', 'jest-cjs', { args })
  expect(run.exitCode).toBe(1)
  expect(run.output).toContain('List gradebox/matchers/jest in `setupFilesAfterEnv`')
})

test('a worker that is killed during a run leaves no process behind', async () => {
  const marker = newMarker()
  const args = ['--maxWorkers=2']
  const started = startProject('jest', 'jest-long', args, { env: { MARKER: marker } })
  onTestFinished(async () => {
    started.process.kill('SIGKILL')
    await started.exit
  })
  const pidFile = join(started.directory, 'worker.pid')
  await until('the program runs', () => existsSync(pidFile) && processesWith(marker).length > 0)
  const worker = Number(readFileSync(pidFile, 'utf8'))
  expect(worker).not.toBe(started.process.pid)
  process.kill(worker, 'SIGKILL')
  await until('the program has ended', () => processesWith(marker).length === 0)
  // Jest tries the file again in another worker.
})
