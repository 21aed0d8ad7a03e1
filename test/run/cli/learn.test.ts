import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeDirectory } from '../support/directory.ts'
import { sandboxLacks } from '../support/tools.ts'
import { gradebox } from './cli.ts'

test('learn prints a policy under which the program passes, and other programs do not', () => {
  const { code, stdout, stderr } = gradebox(['learn', '--', 'echo', 'hello'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const directory = makeDirectory({ 'echo.toml': stdout })
  const policy = join(directory, 'echo.toml')
  expect(gradebox(['check', policy]).code).toBe(0)
  expect(gradebox(['run', '--policy-file', policy, '--', 'echo', 'hello']).stdout).toBe('hello\n')
  const other = gradebox(['run', '--policy-file', policy, '--', 'bash', '-c', 'sleep 0 & wait'])
  expect(other.code).not.toBe(0)
})

test.skipIf(sandboxLacks('python3'))('it learns from every input, in a working directory', () => {
  const program = 'import os, sys\nif sys.stdin.read().strip() == "pipe": os.pipe()\n'
  const files = { 'main.py': program, 'a.txt': 'none\n', 'b.txt': 'pipe\n' }
  const cwd = makeDirectory(files)
  const flags = ['-w', '.', '--input', 'a.txt', '--input', 'b.txt', '--no-groups', '-o', 'p.toml']
  const run = gradebox(['learn', ...flags, '--', 'python3', 'main.py'], { cwd })
  expect(run).toEqual({ code: 0, stdout: '', stderr: '' })
  expect(readFileSync(join(cwd, 'p.toml'), 'utf8')).toContain('"pipe2"')
})

test('a program that cannot be run causes an error', () => {
  const run = gradebox(['learn', '--', 'no-such-program'])
  expect(run.code).toBe(125)
  expect(run.stderr).toContain('The program "no-such-program" was not found')
  expect(gradebox(['learn', '-o', '/no/such.toml', '--', 'true'])).toEqual({
    code: 125,
    stdout: '',
    stderr: 'error: The policy "/no/such.toml" cannot be written: ENOENT\n',
  })
})

test('a warning names a run that failed, because it may lack calls', () => {
  const { code, stderr } = gradebox(['learn', '--', 'sh', '-c', 'exit 3'])
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: 'gradebox: the policy was learned from a run that exited with code 3\n',
  })
})
