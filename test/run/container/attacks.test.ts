import { describe, expect, test } from 'vitest'
import { dockerOrBundle } from './engines/engine.ts'
import { asResult, runIn } from './in-container.ts'
import { settings } from './settings.ts'

const engine = dockerOrBundle()
const inContainer = (flags: readonly string[], program: string, ...args: readonly string[]) =>
  asResult(engine?.run(flags, program, ...args) ?? '')
const few = settings.slice(0, 2)

describe.skipIf(engine === undefined)('confined, in a container without any flag', () => {
  test('a full disk ends the run', () => {
    const command = [
      'sh',
      '-c',
      'for name in a b; do dd if=/dev/zero of=$name bs=1M count=12; done; sleep 5',
    ]
    const options = { isolation: 'confined', limits: { disk: '16MiB', fileSize: '64MiB' } }
    const { status, reason } = runIn(engine, [], { options, command })
    expect(status).toBe('signaled')
    expect(reason).toMatch(/^wrote (1[7-9]|2[0-4]) MiB of files; the disk limit is 16 MiB$/)
  })

  for (const abi of ['7', '4', '1']) {
    test.each(few)(`no attack of %s succeeds with Landlock ${abi}`, (_, flags) => {
      const found = inContainer([...flags, '-e', `GRADEBOX_LANDLOCK_ABI=${abi}`], 'attack.mjs')
      expect(found).toEqual({
        status: 'exited',
        stdout: expect.stringMatching(/^tried 1\d\d\n$/),
        stderr: expect.any(String),
        isWhole: true,
        victim: null,
        shared: 0,
      })
    })
  }

  test.each(few)('nothing of %s outlives its run, or a killed runner', (_, flags) => {
    for (const mode of ['runs', 'kills']) {
      expect(inContainer(flags, 'leave.mjs', mode)).toMatchObject({ left: [], directories: [] })
    }
  })
})
