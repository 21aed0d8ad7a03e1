import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { assemble } from '../../../src/launcher/image/assemble.ts'
import { elfImage } from '../../../src/launcher/image/elf.ts'
import { STEPS_ADDRESS } from '../../../src/launcher/machine/memory-layout.ts'
import { RECORD } from '../../../src/launcher/report/records.ts'
import { bytes, type Step, stepsOf } from '../../../src/launcher/step.ts'

const arch = process.arch === 'arm64' ? 'arm64' : 'x64'
const init = stepsOf('init')
const directory = mkdtempSync(join(tmpdir(), 'gradebox-fuzz-'))
afterAll(() => rmSync(directory, { recursive: true }))

const EBADF = 9
const COUNT = 24

/** A step as the test models it: its return value, and the later steps to which it may go. */
interface Move {
  readonly fails: boolean
  readonly onError: 'continue' | 'goto'
  readonly compare: 'no' | 'equal' | 'different'
  readonly operand: number
  readonly error: number
  readonly jump: number
  readonly next: number | undefined
}

const move = fc.record<Move>({
  fails: fc.boolean(),
  onError: fc.constantFrom('continue', 'goto'),
  compare: fc.constantFrom('no', 'equal', 'different'),
  operand: fc.constantFrom(1, 0, -EBADF, 2),
  error: fc.nat(7),
  jump: fc.nat(7),
  next: fc.option(fc.nat(7), { nil: undefined }),
})
const program = fc.array(move, { minLength: COUNT, maxLength: COUNT })

const later = (index: number, offset: number): number => Math.min(COUNT, index + 1 + offset)
const label = (index: number): string => `s${index}`

// Each step first writes its own number, which shows that the machine executes it. A step that must fail writes to
// descriptor -1 instead.
function toSteps(moves: readonly Move[]): Step[] {
  const steps = moves.map((each, index): Step => {
    const value = each.operand
    const goto = label(later(index, each.jump))
    return init('write', [each.fails ? -1 : 1, bytes(Uint8Array.of(65 + index)), 1], {
      label: label(index),
      onError: each.onError === 'goto' ? { goto: label(later(index, each.error)) } : 'continue',
      ...(each.compare === 'equal' ? { whenEqual: { value, goto } } : {}),
      ...(each.compare === 'different' ? { whenDifferent: { value, goto } } : {}),
      ...(each.next === undefined ? {} : { next: { goto: label(later(index, each.next)) } }),
    })
  })
  return [...steps, init('exit_group', [7], { label: label(COUNT), onError: 'continue' })]
}

/** The behaviour of the machine, as docs/engine.md describes it. */
function trace(moves: readonly Move[]): string {
  let text = ''
  for (let index = 0; index < COUNT; ) {
    const each = moves[index] as Move
    const result = each.fails ? -EBADF : 1
    if (!each.fails) text += String.fromCharCode(65 + index)
    const ahead = each.next === undefined ? index + 1 : later(index, each.next)
    if (each.compare === 'equal' && result === each.operand) index = later(index, each.jump)
    else if (result < 0) index = each.onError === 'goto' ? later(index, each.error) : ahead
    else if (each.compare === 'different' && result !== each.operand)
      index = later(index, each.jump)
    else index = ahead
  }
  return text
}

function execute(steps: readonly Step[]): { code: number; output: string } {
  const assembled = assemble({ steps, areas: [] }, { arch, address: STEPS_ADDRESS })
  const path = join(directory, 'program')
  writeFileSync(path, elfImage(assembled, arch, RECORD.failure.tag))
  chmodSync(path, 0o755)
  try {
    return { code: 0, output: execFileSync(path, { encoding: 'utf8', timeout: 5000 }) }
  } catch (error) {
    const { status, stdout } = error as { status: number; stdout: string }
    return { code: status, output: stdout }
  }
}

test('the machine executes the steps of any list in the described order, and no others', () => {
  fc.assert(
    fc.property(program, (moves) => {
      // The exit code is that of the last step, so the machine did not run past it.
      expect(execute(toSteps(moves))).toEqual({ code: 7, output: trace(moves) })
    }),
    { numRuns: 200 },
  )
}, 30_000)
