import { sandboxed } from 'gradebox'

test('a program runs', async () => {
  const run = await sandboxed('sh', ['-c', 'cat; exit 3'], { stdin: '3\n' })
  expect(run).toExitWith(3)
  expect(run).toHaveStdout('3\n')
  await expect(sandboxed('true')).resolves.toSucceed()
})

test('a run is left behind', () => {
  sandboxed('sleep', [process.env.MARKER], { limits: { walltime: '10min' } }).catch(() => {})
})
