/**
 * @jest-environment-options {"gradebox": {"env": {"GRADER": "pragma"}, "concurrency": 3}}
 */
const { sandboxed } = require('gradebox')

test('a pragma’s options are the file’s defaults', async () => {
  expect(await sandboxed('sh', ['-c', 'echo $GRADER'])).toHaveStdout('pragma\n')
})

test.concurrent('of concurrent tests, one times out', async () => {
  await sandboxed('sleep', [`${process.env.MARKER}2`])
}, 500)

test.concurrent('a run of another test continues', async () => {
  expect(await sandboxed('sleep', ['1'])).toSucceed()
})

test.concurrent('a run that starts later continues', async () => {
  await new Promise((done) => setTimeout(done, 300))
  expect(await sandboxed('sleep', ['0.5'])).toSucceed()
})
