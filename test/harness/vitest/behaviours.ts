import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newMarker, processesWith } from '../processes.ts'
import { messagesOf, statuses } from '../report.ts'
import { type Installation, runProject } from '../run-project.ts'

// What every Vitest must do, tested with the real one on projects on disk.

const runVitest = (
  installation: Installation | undefined,
  project: string,
  args: readonly string[] = [],
  marker = '',
) =>
  runProject('vitest', project, {
    args,
    env: { MARKER: marker },
    ...(installation === undefined ? {} : { installation }),
  })

/** Programs run in every pool, and end with their tests. */
export function testPools(installation?: Installation): void {
  test('in every pool, without isolation, in inline and other projects: programs run with defaults, and end with their tests', async () => {
    const marker = newMarker()
    const { tests, output, exitCode } = await runVitest(installation, 'vitest-projects', [], marker)
    expect(statuses(tests)).toMatchInlineSnapshot(`
      {
        "a policy’s path is relative to its project": "passed 1",
        "a program runs, with the plugin’s defaults": "passed 6",
        "a project keeps its own environment and gets the plugin’s options": "passed 1",
        "a project without the plugin is not changed": "passed 1",
        "a project’s environmentOptions come before the plugin’s options": "passed 1",
        "a project’s own plugin comes before the one that it inherits": "passed 1",
        "a run of another test continues": "passed 6",
        "a run that starts later continues": "passed 6",
        "an error of Gradebox is a SandboxError in the tests’ realm": "passed 6",
        "forgets a run": "failed 6",
        "of concurrent tests, one times out": "failed 6",
        "the environment is Gradebox’s": "passed 6",
        "the first run loads the engine": "passed 6",
        "the forgotten run has ended": "passed 6",
        "the run that timed out has ended": "passed 6",
        "times out": "failed 6",
      }
    `)
    expect(exitCode).toBe(1)
    expect(output).not.toMatch(/warning|unhandled/i)
    expect(output.match(/Error: Test timed out in 2000ms\./g)).toHaveLength(6)
    const interrupted = messagesOf(tests, 'times out').filter((text) => text.includes('program'))
    expect(interrupted).toMatchInlineSnapshot(`
      [
        "Error: When the test timed out, a program was still running, and was ended.

      reason:  ended by the caller
      verdict: aborted, signal SIGKILL
      usage:   …
      command: sh -c "echo waiting; sleep <marker>"
      policy:  policy.toml
      stdout:
        waiting
      stderr:  empty",
      ]
    `)
    expect(messagesOf(tests, 'forgets a run')).toMatchInlineSnapshot(`
      [
        "Error: When the test ended, a program was still running, and was ended: await the run, or end it with \`kill()\`.

      reason:  ended by the caller
      verdict: aborted, signal SIGKILL
      usage:   …
      command: sleep <marker>
      policy:  policy.toml
      stdout:  empty
      stderr:  empty",
      ]
    `)
    expect(processesWith(marker)).toEqual([])
  })
}

/** The environment works without the plugin. */
export function testEnvironment(installation?: Installation): void {
  test('the environment alone passes its options on as defaults, and ends leftover runs with an error', async () => {
    const marker = newMarker()
    const { tests, output, exitCode } = await runVitest(
      installation,
      'vitest-environment',
      [],
      marker,
    )
    expect(statuses(tests)).toMatchInlineSnapshot(`
      {
        "a run outlives its test": "passed 4",
        "environmentOptions are the defaults": "passed 4",
      }
    `)
    expect(exitCode).toBe(1)
    expect(output.match(/^Error: When the test file ended, a program/gm)).toHaveLength(4)
    expect(output).toContain(`command: sleep ${marker}`)
    expect(processesWith(marker)).toEqual([])
  })
}

/** Failures and reports are readable. */
export function testMessages(installation?: Installation): void {
  test('every matcher’s failure is readable, and every report has the runs', async () => {
    const junit = ['--reporter=junit', '--outputFile.junit=junit.xml']
    const { tests, output, directory } = await runVitest(installation, 'vitest-matchers', junit)
    const inFile = (file: string) => tests.filter((each) => each.file === file)
    expect(statuses(inFile('passes.test.ts'))).toMatchInlineSnapshot(`
      {
        "a result is matched inside other matchers, and behind resolves": "passed 1",
        "a run that is killed need not be awaited": "passed 1",
        "a snapshot is short": "passed 1",
        "a test that fails anyway says nothing of its runs": "passed 1",
        "each try has its own runs": "passed 1",
        "hooks another hook may await a run that one hook starts": "passed 1",
        "runs are polled until one passes": "passed 1",
        "the first test has a directory of its own": "passed 1",
        "the fixture runs programs": "passed 1",
        "the second test has a directory of its own": "passed 1",
      }
    `)
    const failed = inFile('fails.test.ts').map(({ fullName }) => fullName)
    expect(failed).toHaveLength(19)
    const all = failed.map((name) => [`# ${name}`, ...messagesOf(tests, name)].join('\n\n'))
    const place = join(import.meta.dirname, 'snapshots/failures.txt')
    await expect(`${all.join('\n\n')}\n`).toMatchFileSnapshot(place)
    expect(messagesOf(tests, 'with the fixture it forgets')).toMatchInlineSnapshot(`
      [
        "Error: When the test ended, a program was still running, and was ended: await the run, or end it with \`kill()\`.

      reason:  ended by the caller
      verdict: aborted, signal SIGKILL
      usage:   …
      command: sleep 60
      policy:  strict
      stdout:  empty
      stderr:  empty",
      ]
    `)
    expect(messagesOf(tests, 'with the fixture it times out').join()).toContain(
      'stdout:\n  with the fixture\n',
    )
    for (const file of ['leaves', 'loading']) {
      const failed = ` FAIL  ${file}.test.ts [ ${file}.test.ts ]\nError: When the test file ended, a pr`
      expect(output).toContain(failed)
    }
    expect(readdirSync(join(directory, 'tmp')).filter((name) => name.includes('gradebox'))).toEqual(
      [],
    )
    expectReports(tests, output, readFileSync(join(directory, 'junit.xml'), 'utf8'))
  })
}

type Tests = Awaited<ReturnType<typeof runProject>>['tests']

function expectReports(tests: Tests, output: string, junit: string): void {
  const meta = (name: string) => tests.find(({ fullName }) => fullName === name)?.meta?.gradebox
  const number = expect.any(Number)
  const run = {
    command: 'sh -c "echo oops >&2; exit 3"',
    verdict: 'exited, exit code 3',
    wallTimeMs: number,
    cpuTimeMs: number,
    peakMemoryBytes: number,
  }
  // The JSON report.
  expect(meta('toSucceed')).toEqual({ count: 1, runs: [run], slowest: run, largest: run })
  expect(meta('of many runs the report has the first')).toMatchObject({
    count: 26,
    slowest: { command: 'sh -c "sleep 0.2"' },
  })
  // The JUnit report, which has the first 20 of 26 runs.
  expect(junit).toContain(
    'sh -c &quot;echo oops &gt;&amp;2; exit 3&quot;: exited, exit code 3, wall',
  )
  expect(junit.match(/value="sh -c &quot;exit \d+&quot;: exited, exit code \d+, wall/g)).toContain(
    'value="sh -c &quot;exit 19&quot;: exited, exit code 19, wall',
  )
  expect(junit).not.toContain('exit code 20, wall')
  // The default reporter: annotations of failed tests, and a line for each file, which also counts the runs of hooks.
  expect(output).toContain('↳ sh -c "echo oops >&2; exit 3": exited, exit code 3, wall ')
  expect(output).toMatch(
    /^ gradebox {2}leaves\.test\.ts: 30 runs, slowest [\d.]+ m?s \(sleep 60\), largest /m,
  )
}
