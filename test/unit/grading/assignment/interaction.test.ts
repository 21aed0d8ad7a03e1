import { expect, test } from 'vitest'
import { busyInteraction } from '../../../../src/grading/assignment/interaction.ts'
import type { Interaction } from '../../../../src/runner/interact.ts'
import type { SandboxResult } from '../../../../src/runner/result.ts'

const ended = (status: SandboxResult['status'], waitTimeMs: number, cpuTimeMs = 100) =>
  ({ status, usage: { wallTimeMs: 1000, cpuTimeMs, waitTimeMs } }) as SandboxResult
const late = (waitTimeMs: number, cpuTimeMs?: number) => ended('walltime', waitTimeMs, cpuTimeMs)
const well = ended('exited', 0)

test.each<
  [what: string, results: Interaction['results'], endedFirst: 0 | 1, busy: string | undefined]
>([
  ['the program starved', [well, late(900)], 1, 'the program'],
  ['the program had its time', [well, late(100)], 1, undefined],
  ['the program ended, and the judge starved', [late(900), well], 1, 'the judge'],
  ['the judge starved first', [late(900), well], 0, 'the judge'],
  ['the judge starved after the walltime of the program', [late(900), late(100)], 1, undefined],
  [
    'the submission kept the judge from their shared processor',
    [late(900), late(0, 800)],
    0,
    undefined,
  ],
  ['nobody was late', [well, well], 0, undefined],
])('an interaction where %s', (_, results, endedFirst, busy) => {
  const error = busyInteraction({ results, endedFirst } as Interaction)
  expect(error?.message.split(':')[0]).toBe(busy && `The machine was too busy to judge ${busy}`)
})
