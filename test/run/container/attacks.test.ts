import { describe, expect, test } from 'vitest'
import { withRepeats } from '../../repeats.ts'
import { dockerOrBundle } from './engines/engine.ts'
import { asResult, runsIn } from './in-container.ts'
import { settings } from './settings.ts'

const engine = dockerOrBundle()
const inContainer = (flags: readonly string[], program: string, ...args: readonly string[]) =>
  asResult(engine?.run(flags, program, ...args) ?? '')
const few = settings.slice(0, 2)

describe.skipIf(engine === undefined)('confined, in a container without any flag', () => {
  const limits = { disk: '16MiB', fileSize: '64MiB', walltime: '60s' }
  const options = { isolation: 'confined', policy: { extends: 'kiss' }, limits }
  const python = { ...options, workdir: '/programs' }
  const kinds = ['deleted', 'mapped', 'sent', 'undumpable', 'executed', 'child', 'thread']
  const isFull = {
    status: 'signaled',
    reason: expect.stringMatching(/^wrote [\d.]+ MiB of files; the disk limit is 16 MiB$/),
  }

  test.each(few)(
    '%s: a full disk ends the run, however the program hides its files',
    (_, flags) => {
      const script = 'for name in a b; do dd if=/dev/zero of=$name bs=1M count=12; done; sleep 20'
      const found = runsIn(engine, flags, [
        { options, command: ['sh', '-c', script] },
        ...kinds.map((kind) => ({ options: python, command: ['python3', 'fill.py', kind] })),
      ])
      expect(found).toEqual(['named', ...kinds].map(() => expect.objectContaining(isFull)))
    },
  )

  test('root: 5,000 directories in each other are counted and removed', () => {
    const left = inContainer([], 'tree-left.mjs')
    expect(left).toEqual({ status: 'exited', directories: [] })
  })

  for (const abi of withRepeats(['7', '1'], ['4'])) {
    test.each(few)(`no attack of %s succeeds with Landlock ${abi}`, (_, flags) => {
      const found = inContainer([...flags, '-e', `GRADEBOX_LANDLOCK_ABI=${abi}`], 'attack.mjs')
      expect(found).toEqual({
        status: 'exited',
        stdout: expect.stringMatching(/^tried \d{3}\n$/),
        stderr: expect.any(String),
        changed: [],
        victim: null,
        rival: 'whole',
        shared: 0,
      })
    })
  }

  test.each(few)('nothing of %s outlives its run, or a killed runner', (_, flags) => {
    // `npm run test:endurance` repeats them, and kills a runner under each kind.
    for (const what of [['runs'], ['kills', '1', 'twice', 'bomb', 'hidden']]) {
      const found = inContainer(flags, 'leave.mjs', ...what)
      expect(found).toMatchObject({ left: [], directories: [] })
    }
  })
})
