import { expect, test } from 'vitest'
import { sandboxed } from '../../src/index.ts'
import { runShell } from './support/programs.ts'

// Node ignores SIGPIPE, and an ignored signal stays ignored across execve(2).
test('a program starts with no signal ignored, caught, blocked or pending', async () => {
  const run = await sandboxed('cat', ['/proc/self/status'])
  expect(run.stdout.match(/^(Sig|Shd)(Ign|Cgt|Blk|Pnd).*/gm)).toMatchInlineSnapshot(`
    [
      "SigPnd:	0000000000000000",
      "ShdPnd:	0000000000000000",
      "SigBlk:	0000000000000000",
      "SigIgn:	0000000000000000",
      "SigCgt:	0000000000000000",
    ]
  `)
})

test('a program that writes to a pipe nobody reads is killed by SIGPIPE', async () => {
  const run = await runShell('(yes; echo "$?" >&2) | head -n 1')
  expect(run).toHaveStdout('y\n')
  expect(run).toHaveStderr('141\n')
})

test('signal dispositions that this process changes do not reach a program', async () => {
  const ignore = () => {}
  process.on('SIGUSR2', ignore)
  try {
    expect(await runShell('kill -USR2 $$')).toBeKilledBy('SIGUSR2')
  } finally {
    process.off('SIGUSR2', ignore)
  }
})
