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

const ending = (endedFirst: 0 | 1, facts: Partial<Ending> = {}): Ending => ({
  endedFirst,
  waitedForInput: [true, true],
  silentMs: 900,
  computed: [false, false],
  shared: false,
  endedMs: endedFirst === 0 ? [1000, 1010] : [1010, 1000],
  ...facts,
})
const unread = { waitedForInput: [false, false] } as const

describe('to blame is', () => {
  test.each<[string, [SandboxResult, SandboxResult], Ending, (0 | 1)[]]>([
    ['nobody, where both succeeded', [good, good], ending(1, unread), []],
    ['the program that failed first', [bad, bad], ending(1, unread), [1]],
    ['the second, where the first succeeded', [good, bad], ending(0, unread), [1]],
    ['the program that was killed first', [good, ended('memory')], ending(1), [1]],
    ['both, where each waited for the other', [late, late], ending(0), [0, 1]],
    [
      'the program that computed, where the other waited for it',
      [late, late],
      ending(0, { computed: [false, true] }),
      [1],
    ],
    [
      'the program that did not read, where the other waited for it',
      [late, late],
      ending(0, { waitedForInput: [true, false] }),
      [1],
    ],
    [
      'the program that computed too long',
      [late, late],
      ending(1, { computed: [false, true] }),
      [1],
    ],
    [
      'the program whose walltime ended soon after the other’s message',
      [late, late],
      ending(1, { computed: [true, false], silentMs: 100 }),
      [1],
    ],
    [
      'the program that kept the processor of both busy',
      [late, busy],
      ending(0, { computed: [true, true], shared: true }),
      [1],
    ],
    [
      'the program that computed, where both had a processor of their own',
      [late, busy],
      ending(0, { computed: [true, true] }),
      [0],
    ],
    [
      'the program that used the processor, where nobody could look',
      [late, busy],
      ending(0, { computed: [undefined, undefined] }),
      [1],
    ],
    [
      'the program that closed its output and stayed until its walltime',
      [bad, late],
      ending(1, { endedMs: [200, 1000] }),
      [1],
    ],
    [
      'both, where both walltimes ended at the same time',
      [late, late],
      ending(1, { endedMs: [999, 1000] }),
      [0, 1],
    ],
    [
      'nobody, where the caller ended both',
      [ended('aborted'), ended('aborted')],
      ending(0, unread),
      [],
    ],
  ])('%s', (_, results, facts, blame) => {
    expect(blameOf(results, facts)).toEqual(blame)
  })
})
