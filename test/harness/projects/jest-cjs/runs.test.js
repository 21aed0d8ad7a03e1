const { SandboxError, createSandbox, sandboxed } = require('gradebox')
const { processesWith } = require('./processes.js')

const marker = `${process.env.MARKER}1`

test('a program runs, with the configuration’s defaults', async () => {
  const run = await sandboxed('sh', ['-c', 'cat; echo $GRADER'], { stdin: '3\n' })
  expect(run).toSucceed()
  expect(run).toHaveStdout('3\nconfig\n')
  expect(run.limits.wallTimeMs).toBe(5000)
  expect([run]).toEqual([expect.not.toExitWith(1)])
  await expect(createSandbox()('false')).resolves.toExitWith(1)
})

test('tests and their environment share one copy of the package', () => {
  expect(globalThis.gradebox.sandboxed).toBe(sandboxed)
})

test('an error of Gradebox is a SandboxError', async () => {
  await expect(sandboxed('nowhere')).rejects.toBeInstanceOf(SandboxError)
})

test('a run’s snapshot is short', async () => {
  expect(await sandboxed('echo', ['hello'])).toMatchInlineSnapshot(`
    SandboxResult {
      "command": [
        "echo",
        "hello",
      ],
      "exitCode": 0,
      "status": "exited",
      "stderr": "",
      "stdout": "hello
    ",
    }
  `)
})

test('a wrong answer', async () => {
  expect(await sandboxed('echo', ['4'])).toHaveStdout('3\n')
})

test('a run that was not awaited', () => {
  const run = sandboxed('true')
  expect(run).not.toSucceed()
})

test('forgets a run', () => {
  sandboxed('sleep', [marker])
})

test('the forgotten run has ended', () => {
  expect(processesWith(marker)).toEqual([])
})

test('times out', async () => {
  await sandboxed('sh', ['-c', `echo waiting; sleep ${marker}`])
}, 2000)

test('the run that timed out has ended', () => {
  expect(processesWith(marker)).toEqual([])
})
