import { chmodSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isSandboxError, type SandboxOptions, sandboxed } from '../../src/index.ts'
import { makeDirectory } from './support/directory.ts'
import { compile } from './support/programs.ts'
import { lacks } from './support/tools.ts'

/** The error of a run that cannot be started: its code, its message with hint, and the failed call. */
async function failure(command: string, options: SandboxOptions = {}) {
  const error = await sandboxed(command, [], options).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!isSandboxError(error)) throw new Error('The program was started', { cause: error })
  return `${error.code}: ${error.message}\n  step: ${error.step?.process} ${error.step?.call}: ${error.step?.errno}`
}

describe('a program that cannot be started causes an error with the reason', () => {
  test('when it is missing', async () => {
    expect(await failure('no-such-program')).toMatchInlineSnapshot(`
      "PROGRAM_NOT_FOUND: The program "no-such-program" was not found in the sandbox's PATH (/usr/local/bin:/usr/bin:/bin)
        hint: A program of the working directory is run as "./name"; mount the files that the policy's mounts do not show.
        see: docs/errors.md#program_not_found
        step: target execve("/bin/no-such-program"): ENOENT"
    `)
    expect(await failure('./no-such-program')).toMatchInlineSnapshot(`
      "PROGRAM_NOT_FOUND: The program "./no-such-program" was not found
        hint: A relative path is relative to \`cwd\`; an absolute path is a path of the sandbox. The sandbox shows the host directory \`workdir\` at /work, or at its target.
        see: docs/errors.md#program_not_found
        step: target execve("./no-such-program"): ENOENT"
    `)
    expect(await failure('/no/such/program')).toMatchInlineSnapshot(`
      "PROGRAM_NOT_FOUND: The program "/no/such/program" was not found
        hint: A relative path is relative to \`cwd\`; an absolute path is a path of the sandbox. The sandbox shows the host directory \`workdir\` at /work, or at its target.
        see: docs/errors.md#program_not_found
        step: target execve("/no/such/program"): ENOENT"
    `)
    expect(await failure('tool', { env: { PATH: '' } })).toMatchInlineSnapshot(`
      "PROGRAM_NOT_FOUND: The program "tool" was not found in the sandbox's PATH ()
        hint: A program of the working directory is run as "./name"; mount the files that the policy's mounts do not show.
        see: docs/errors.md#program_not_found
        step: target execve("./tool"): ENOENT"
    `)
  })

  test('when it is a link to a toolchain that the sandbox does not show', async () => {
    const toolchain = makeDirectory({ 'bin/python3.99': '#!/bin/sh\necho started\n' })
    chmodSync(join(toolchain, 'bin/python3.99'), 0o755)
    const workdir = makeDirectory({ 'venv/bin/': '' })
    symlinkSync('python3', join(workdir, 'venv/bin/python'))
    symlinkSync(join(toolchain, 'bin/python3.99'), join(workdir, 'venv/bin/python3'))
    symlinkSync('/nonexistent/bin/ruby', join(workdir, 'ruby'))
    const text = (await failure('./venv/bin/python', { workdir })).replaceAll(toolchain, 'TOOLS')
    expect(text).toMatchInlineSnapshot(`
      "PROGRAM_NOT_FOUND: The program "./venv/bin/python" was not found: "./venv/bin/python" is a link to "TOOLS/bin/python3.99", which is not in the sandbox
        hint: The host has it: mount its directory (mounts: [{ source: "TOOLS", target: "TOOLS" }]).
        see: docs/errors.md#program_not_found
        step: target execve("./venv/bin/python"): ENOENT"
    `)
    expect(await failure('./ruby', { workdir })).toMatchInlineSnapshot(`
      "PROGRAM_NOT_FOUND: The program "./ruby" was not found: "./ruby" is a link to "/nonexistent/bin/ruby", which is not in the sandbox
        hint: This machine does not have it either: make the environment again on this machine, without links (python3 -m venv --copies), or correct the link.
        see: docs/errors.md#program_not_found
        step: target execve("./ruby"): ENOENT"
    `)
    const mounts = [{ source: toolchain, target: toolchain }]
    const run = await sandboxed('./venv/bin/python', [], { workdir, mounts })
    expect(run.stdout).toBe('started\n')
  })

  test('when the host has it, and the sandbox does not show it', async () => {
    const tools = makeDirectory({ 'bin/some-tool': '#!/bin/sh\n' })
    const tool = join(tools, 'bin/some-tool')
    chmodSync(tool, 0o755)
    const byPath = (await failure(tool)).replaceAll(tools, 'TOOLS')
    expect(byPath).toContain(
      'hint: The host has it, and the sandbox does not show it: mount its directory (mounts: [{ source: "TOOLS", target: "TOOLS" }]).',
    )
    const files = { '/work/main': `#!${tool}\n` }
    expect((await failure('./main', { files })).replaceAll(tools, 'TOOLS')).toContain(
      'hint: The host has "TOOLS/bin/some-tool", and the sandbox does not show it: mount its directory',
    )
  })

  test('when the command is a whole command line', async () => {
    expect(await failure('python3 main.py')).toContain(
      'hint: Arguments go in an array, and no shell splits the command: sandboxed("python3", ["main.py"]).',
    )
  })

  test('when the sandbox has it by another name', async () => {
    const workdir = makeDirectory({ python3: '#!/bin/sh\n' })
    chmodSync(join(workdir, 'python3'), 0o755)
    expect(await failure('python', { workdir, env: { PATH: '/work' } })).toContain(
      'hint: The sandbox has python3: run "python3".',
    )
  })

  test('when it is not executable', async () => {
    expect(await failure('./main', { files: { '/work/main': 'echo\n' } })).toMatchInlineSnapshot(`
      "PROGRAM_NOT_EXECUTABLE: The program "./main" cannot be executed: EACCES: permission denied
        hint: It needs its executable bit (chmod +x) and must be a file the sandbox may read.
        see: docs/errors.md#program_not_executable
        step: target execve("./main"): EACCES"
    `)
    const workdir = makeDirectory({ main: '#!/bin/sh\n' })
    chmodSync(join(workdir, 'main'), 0o644)
    expect(await failure('./main', { workdir })).toMatchInlineSnapshot(`
      "PROGRAM_NOT_EXECUTABLE: The program "./main" cannot be executed: EACCES: permission denied
        hint: It needs its executable bit (chmod +x) and must be a file the sandbox may read.
        see: docs/errors.md#program_not_executable
        step: target execve("./main"): EACCES"
    `)
  })

  test('when it is a directory', async () => {
    expect(await failure('/usr')).toMatchInlineSnapshot(`
      "PROGRAM_NOT_EXECUTABLE: The program "/usr" cannot be executed: EACCES: permission denied
        hint: It needs its executable bit (chmod +x) and must be a file the sandbox may read.
        see: docs/errors.md#program_not_executable
        step: target execve("/usr"): EACCES"
    `)
  })

  test('when its path goes through a file', async () => {
    const files = { '/work/file': '' }
    expect(await failure('./file/main', { files })).toMatchInlineSnapshot(`
      "PROGRAM_NOT_EXECUTABLE: The program "./file/main" cannot be executed: ENOTDIR: not a directory
        hint: A part of its path is a file.
        see: docs/errors.md#program_not_executable
        step: target execve("./file/main"): ENOTDIR"
    `)
  })

  test('when its interpreter is missing', async () => {
    const files = { '/work/main': '#!/usr/bin/no-such-interpreter -x\n' }
    expect(await failure('./main', { files })).toMatchInlineSnapshot(`
      "PROGRAM_NOT_EXECUTABLE: The program "./main" cannot be executed: its interpreter "/usr/bin/no-such-interpreter" does not exist in the sandbox
        hint: Correct the program's first line (or link it for this system), or mount the interpreter.
        see: docs/errors.md#program_not_executable
        step: target execve("./main"): ENOENT"
    `)
  })

  test('when its first line ends as on Windows', async () => {
    const files = { '/work/main': '#!/bin/sh\r\necho hello\r\n' }
    expect(await failure('./main', { files })).toMatchInlineSnapshot(`
      "PROGRAM_NOT_EXECUTABLE: The program "./main" cannot be executed: its interpreter "/bin/sh\\r" does not exist in the sandbox
        hint: Its first line ends in a carriage return: save it with Unix line ends.
        see: docs/errors.md#program_not_executable
        step: target execve("./main"): ENOENT"
    `)
  })

  test.skipIf(lacks('gcc'))('when its ELF interpreter is missing', async () => {
    const program = Buffer.from(compile('call'))
    const position = program.indexOf('/ld-linux')
    program.write('/lx-linux', position)
    const found = (await failure('./main', { files: { '/work/main': program } })).replace(
      /"\/lib\S*"/,
      '"INTERPRETER"',
    )
    expect(found).toMatchInlineSnapshot(`
      "PROGRAM_NOT_EXECUTABLE: The program "./main" cannot be executed: its interpreter "INTERPRETER" does not exist in the sandbox
        hint: Correct the program's first line (or link it for this system), or mount the interpreter.
        see: docs/errors.md#program_not_executable
        step: target execve("./main"): ENOENT"
    `)
  })

  test('when the file is no program', async () => {
    const workdir = makeDirectory({ main: 'no program\n', empty: '' })
    for (const name of ['main', 'empty']) chmodSync(join(workdir, name), 0o755)
    expect(await failure('./main', { workdir })).toMatchInlineSnapshot(`
      "PROGRAM_NOT_EXECUTABLE: The program "./main" cannot be executed: ENOEXEC: exec format error
        hint: It is not a program for this machine: neither an ELF file of this architecture nor a script with a first line such as "#!/bin/sh".
        see: docs/errors.md#program_not_executable
        step: target execve("./main"): ENOEXEC"
    `)
    expect(await failure('./empty', { workdir })).toMatchInlineSnapshot(`
      "PROGRAM_NOT_EXECUTABLE: The program "./empty" cannot be executed: ENOEXEC: exec format error
        hint: It is not a program for this machine: neither an ELF file of this architecture nor a script with a first line such as "#!/bin/sh".
        see: docs/errors.md#program_not_executable
        step: target execve("./empty"): ENOEXEC"
    `)
  })

  test('when the program is for another machine', async () => {
    // The machine number 22 in the ELF header is s390.
    const header = Buffer.alloc(64)
    header.set([0x7f, 0x45, 0x4c, 0x46, 2, 2, 1])
    header.set([0, 2, 0, 22, 0, 0, 0, 1], 16)
    expect(await failure('./main', { files: { '/work/main': header } })).toMatchInlineSnapshot(`
      "PROGRAM_NOT_EXECUTABLE: The program "./main" cannot be executed: ENOEXEC: exec format error
        hint: It is not a program for this machine: neither an ELF file of this architecture nor a script with a first line such as "#!/bin/sh".
        see: docs/errors.md#program_not_executable
        step: target execve("./main"): ENOEXEC"
    `)
  })
})

test('a shell that does not find its command causes no error of Gradebox, because the program ran', async () => {
  expect(await sandboxed('sh', ['-c', 'no-such-program'])).toExitWith(127)
})
