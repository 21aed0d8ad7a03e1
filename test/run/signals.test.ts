import { expect, test } from 'vitest'
import { sandboxed } from '../../src/index.ts'
import { runShell } from './support/programs.ts'

// Node ignores SIGPIPE, and an ignored signal stays ignored across execve(2).
test('a program starts with no signal ignored, caught, blocked or pending', async () => {
  const run = await sandboxed('grep', ['-E', '^(Sig|Shd)(Ign|Cgt|Blk|Pnd)', '/proc/self/status'])
  expect(run.stdout).toMatchInlineSnapshot(`
    "SigPnd:	0000000000000000
    ShdPnd:	0000000000000000
    SigBlk:	0000000000000000
    SigIgn:	0000000000000000
    SigCgt:	0000000000000400
    "
  `)
})

test('a program that writes to a pipe nobody reads is killed by SIGPIPE', async () => {
  const run = await runShell('(yes; echo "yes ended" >&2) | head -n 1; echo head ended')
  expect(run).toHaveStdout('y\nhead ended\n')
  expect(run).toHaveStderr('yes ended\n')
  const piped = await runShell('sh -c "trap \\"\\" PIPE; exec yes" 2>err | head -n 1; cat err >&2')
  expect(piped.stderr).toContain('Broken pipe')
})

test('dispositions that this process changes meanwhile do not reach a program', async () => {
  const ignore = () => {}
  process.on('SIGUSR2', ignore)
  try {
    expect(await runShell('kill -USR2 $$')).toBeKilledBy('SIGUSR2')
  } finally {
    process.off('SIGUSR2', ignore)
  }
})
