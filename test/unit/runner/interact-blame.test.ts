import { describe, expect, test } from 'vitest'
import { blameOf, type Ending } from '../../../src/runner/interact-blame.ts'
import type { SandboxResult } from '../../../src/runner/result.ts'

const ended = (status: SandboxResult['status'], exitCode?: number, cpuTimeMs = 5) =>
  ({
    status,
    ...(exitCode === undefined ? {} : { exitCode }),
    usage: { cpuTimeMs, wallTimeMs: 1000 },
  }) as SandboxResult

const good = ended('exited', 0)
const bad = ended('exited', 1)
const late = ended('walltime')
const busy = ended('walltime', undefined, 900)

const both: Ending['waitedForInput'] = [true, true]
const none: Ending['waitedForInput'] = [false, false]

describe('to blame is', () => {
  test.each<[string, [SandboxResult, SandboxResult], Ending, (0 | 1)[]]>([
    ['nobody, where both succeeded', [good, good], { endedFirst: 1, waitedForInput: none }, []],
    ['who failed first', [bad, bad], { endedFirst: 1, waitedForInput: none }, [1]],
    [
      'who failed last, where the first succeeded',
      [good, bad],
      { endedFirst: 0, waitedForInput: none },
      [1],
    ],
    ['who was killed first', [good, ended('memory')], { endedFirst: 1, waitedForInput: both }, [1]],
    [
      'both, where each waited for the other',
      [late, late],
      { endedFirst: 0, waitedForInput: both },
      [0, 1],
    ],
    [
      'who computed, where the other waited for it',
      [late, busy],
      { endedFirst: 0, waitedForInput: both },
      [1],
    ],
    [
      'who did not read, where the other waited for it',
      [late, late],
      { endedFirst: 0, waitedForInput: [true, false] },
      [1],
    ],
    ['who computed too long', [late, busy], { endedFirst: 1, waitedForInput: both }, [1]],
    [
      'nobody, where the caller ended both',
      [ended('aborted'), ended('aborted')],
      { endedFirst: 0, waitedForInput: both },
      [],
    ],
  ])('%s', (_, results, ending, blame) => {
    expect(blameOf(results, ending)).toEqual(blame)
  })
})
