import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { learn, sandboxed } from '../../../src/index.ts'
import { makeDirectory } from '../support/directory.ts'
import { bare } from '../support/policies.ts'
import { sandboxLacks } from '../support/tools.ts'

const script = (text: string) => ['-c', text] as const

describe('a learned policy', () => {
  test('is a file under which the program passes, and allows no other call', async () => {
    const { toml, policy, syscalls, runs } = await learn('cat', [], { inputs: ['one', 'two'] })
    expect(runs.map(({ stdout }) => stdout)).toEqual(['one', 'two'])
    expect(syscalls.map(({ name }) => name)).toEqual(expect.arrayContaining(['read', 'write']))
    const path = join(makeDirectory(), 'learned.toml')
    writeFileSync(path, toml)
    for (const each of [path, policy]) {
      expect(await sandboxed('cat', [], { stdin: 'three', policy: each })).toHaveStdout('three')
      const other = await sandboxed('mkdir', ['d'], { policy: each })
      expect(other).toBeKilledBySeccomp()
    }
  })

  test('reads like a policy written by hand: it has names, and no calls that the program did not make', async () => {
    const { toml } = await learn('true', [], { groups: false })
    const lines = toml.split('\n')
    expect(lines[0]).toMatch(/^# What "true" needed in one run, on (x64|arm64) with Linux \S+\.$/)
    expect(lines.slice(1, 8).join('\n')).toMatchInlineSnapshot(`
      "extends = "strict"

      [seccomp]
      # Calls that are newer than this list.
      default = "errno:ENOSYS"
      rules = [
        { action = "errno:ENOSYS", syscalls = ["clone3", "@io-uring"] },"
    `)
    expect(toml).toContain('"execve"')
    expect(toml).not.toContain('"socket"')
    expect(toml).toContain('# Nothing else.\n  { action = "kill", syscalls = [\n    "@io"')
  })

  test('covers all inputs together', async () => {
    const command = ['sh', script('read word; if [ "$word" = make ]; then mkdir d; fi')] as const
    const one = await learn(...command, { inputs: ['no\n'], groups: false })
    const both = await learn(...command, { inputs: ['no\n', 'make\n'], groups: false })
    expect(one.toml).not.toMatch(/"mkdir(at)?"/)
    expect(both.toml).toMatch(/"mkdir(at)?"/)
  })

  test.skipIf(sandboxLacks('python3'))(
    'has conditions where one call number means many operations',
    async () => {
      const open = (family: string) => script(`import socket; socket.socket(socket.${family})`)
      const { toml, policy } = await learn('python3', open('AF_UNIX'))
      expect(toml).toContain(
        '{ action = "allow", syscalls = ["socket"], conditions = [{ arg = 0, value = "AF_UNIX" }] }',
      )
      expect(await sandboxed('python3', open('AF_UNIX'), { policy })).toSucceed()
      expect(await sandboxed('python3', open('AF_INET'), { policy })).toBeKilledBySeccomp(
        /^socket\(AF_INET, /,
      )
    },
  )

  test.skipIf(sandboxLacks('python3'))(
    'allows threads to be made, by a call whose flags a filter sees',
    async () => {
      const threads = script('import threading; threading.Thread(target=print).start()')
      const { toml, policy, syscalls } = await learn('python3', threads)
      expect(syscalls.map(({ name }) => name)).not.toContain('clone3')
      expect(toml).toContain('syscalls = ["clone"], conditions = [')
      expect(await sandboxed('python3', threads, { policy })).toSucceed()
      const unshare = script('import ctypes; ctypes.CDLL(None).unshare(0x10000000)')
      expect(await sandboxed('python3', unshare, { policy })).toBeKilledBySeccomp('unshare')
    },
  )

  test.skipIf(sandboxLacks('python3'))('uses groups only where they fit', async () => {
    const busy = script('import threading; threading.Thread(target=print).start()')
    expect((await learn('python3', busy)).toml).toMatch(/"@signal", "@sync"/)
    const [own] = (await learn('python3', busy, { groups: false })).toml.split('# Nothing else')
    expect(own?.match(/"@[a-z-]+"/g)).toEqual(['"@io-uring"'])
  })

  test('keeps the other keys of the policy, in a file as in an object', async () => {
    const policy = bare({
      limits: { walltime: 1500 },
      files: [{ target: '/etc/x', contents: 'y' }],
    })
    const learned = await learn('cat', ['/etc/x'], { policy })
    const path = join(makeDirectory(), 'learned.toml')
    writeFileSync(path, learned.toml)
    const run = await sandboxed('cat', ['/etc/x'], { policy: path })
    expect(run).toHaveStdout('y')
    expect(run.limits.wallTimeMs).toBe(1500)
    expect(readFileSync(path, 'utf8')).toContain('walltime = "1500ms"')
  })

  test('covers a stream too, which can be read once', async () => {
    const { runs, policy } = await learn('cat', [], { inputs: [Readable.from(['a', 'b'])] })
    expect(runs[0]?.stdout).toBe('ab')
    expect(await sandboxed('cat', [], { policy, stdin: 'c' })).toHaveStdout('c')
  })

  test('is refused without an input, and for invalid options', async () => {
    const refusal = (options: object) =>
      learn('true', [], options).then(String, ({ message }: Error) => message.split('\n')[0])
    expect([
      await refusal({ inputs: [] }),
      await refusal({ inputs: 'text' }),
      await refusal({ groups: 'no' }),
      await refusal({ inptus: [] }),
    ]).toMatchInlineSnapshot(`
      [
        "Expected \`inputs\` to be an array of one input or more, each what stdin takes, got \`[]\` (object)",
        "Expected \`inputs\` to be an array of one input or more, each what stdin takes, got \`'text'\` (string)",
        "Expected \`groups\` to be true or false, got \`'no'\` (string)",
        "There is no option \`inptus\`",
      ]
    `)
  })

  test('is refused for a program that does not exist', async () => {
    await expect(learn('no-such-program')).rejects.toMatchObject({ code: 'PROGRAM_NOT_FOUND' })
  })

  test('has no file when the policy contains a value that is not text', async () => {
    const files = [{ target: '/etc/x', contents: new Uint8Array([0xff]) }]
    await expect(learn('true', [], { policy: bare({ files }) })).rejects.toMatchObject({
      code: 'POLICY_INVALID',
      message: expect.stringContaining('The policy\'s file "/etc/x" is not text'),
    })
  })
})
