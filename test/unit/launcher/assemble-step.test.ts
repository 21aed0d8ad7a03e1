import { describe, expect, test } from 'vitest'
import { assemble } from '../../../src/launcher/image/assemble.ts'
import {
  HEAD,
  JUMP_IF_DIFFERENT,
  JUMP_IF_EQUAL,
  LOAD_ARGUMENT,
  LOAD_OPERAND,
  STEP_SIZE,
} from '../../../src/launcher/machine/memory-layout.ts'
import { at, DIE, FAIL, load, stepsOf } from '../../../src/launcher/step.ts'
import { syscallNumber } from '../../../src/linux/syscalls.ts'
import { ADDRESS, assembled, FAIL_ADDRESS } from './assembled.ts'

const step = stepsOf('init')

describe('a step', () => {
  test('is encoded to these bytes', () => {
    const { bytes: encoded } = assembled(
      [
        step('read', [-1, load('a.x'), 0x1122_3344_5566_7788n], {
          store: 'a.x',
          whenEqual: { value: -4, goto: 'here' },
          label: 'here',
        }),
      ],
      [{ name: 'a', fields: [{ name: 'x', size: 8, init: Buffer.from('12345678') }] }],
    )
    expect(Buffer.from(encoded).toString('hex').match(/.{16}/g)).toMatchInlineSnapshot(`
      [
        "0000000004010000",
        "ffffffffffffffff",
        "6050000000000000",
        "8877665544332211",
        "0000000000000000",
        "0000000000000000",
        "0000000000000000",
        "6050000000000000",
        "0090000000000000",
        "fcffffffffffffff",
        "0050000000000000",
        "6050000000000000",
        "3132333435363738",
      ]
    `)
  })

  test('has the number that its architecture gives the call', () => {
    for (const arch of ['x64', 'arm64'] as const) {
      const { bytes: encoded } = assemble(
        { steps: [step('openat', [], { label: FAIL })], areas: [] },
        { arch, address: ADDRESS },
      )
      const number = new DataView(encoded.buffer).getUint32(0, true)
      expect(number).toBe(syscallNumber('openat', arch))
    }
    expect(syscallNumber('openat', 'x64')).not.toBe(syscallNumber('openat', 'arm64'))
  })

  test('goes to the next step, stores nothing that is used, and reports an error', () => {
    const { wordsOf, flagsOf } = assembled([step('getpid', []), step('getpid', [])])
    expect(wordsOf(0).slice(6)).toEqual([HEAD.sink, FAIL_ADDRESS, 0, 0, ADDRESS + STEP_SIZE])
    expect(wordsOf(1).at(-1)).toBe(ADDRESS + 2 * STEP_SIZE)
    expect(flagsOf(0)).toBe(0)
  })

  test('continues after an error at the next step, or at its own target', () => {
    const { wordsOf } = assembled([
      step('getpid', [], { onError: 'continue' }),
      step('getpid', [], { onError: 'continue', next: { goto: 'far' } }),
      step('getpid', []),
      step('getpid', [], { label: 'far' }),
    ])
    expect(wordsOf(0)[7]).toBe(ADDRESS + STEP_SIZE)
    expect(wordsOf(1)[7]).toBe(ADDRESS + 3 * STEP_SIZE)
  })

  test('that dies goes to no address', () => {
    const { wordsOf } = assembled([
      step('getpid', [], { onError: { goto: DIE }, next: { goto: DIE } }),
    ])
    expect([wordsOf(0)[7], wordsOf(0)[10]]).toEqual([0, 0])
  })

  test('that tolerates an error treats it as success', () => {
    const { wordsOf, flagsOf } = assembled([
      step('getpid', [], { tolerate: 17, next: { goto: 'far' } }),
      step('getpid', []),
      step('getpid', [], { label: 'far' }),
    ])
    expect(flagsOf(0)).toBe(JUMP_IF_EQUAL)
    const far = ADDRESS + 2 * STEP_SIZE
    expect(wordsOf(0).slice(7)).toEqual([FAIL_ADDRESS, -17, far, far])
  })

  test('compares with a literal, an address, or the value at an address', () => {
    const fields = [{ name: 'x', size: 8 }]
    const to = { goto: 'here' }
    const { wordsOf, flagsOf, symbols } = assembled(
      [
        step('getpid', [], { whenEqual: { value: 5, ...to }, label: 'here' }),
        step('getpid', [], { whenDifferent: { value: at('a.x'), ...to } }),
        step('getpid', [], { whenDifferent: { value: load('a.x'), ...to } }),
      ],
      [{ name: 'a', fields }],
    )
    const place = symbols.get('a.x')
    expect([0, 1, 2].map(flagsOf)).toEqual([
      JUMP_IF_EQUAL,
      JUMP_IF_DIFFERENT,
      JUMP_IF_DIFFERENT | LOAD_OPERAND,
    ])
    expect([0, 1, 2].map((index) => wordsOf(index)[8])).toEqual([5, place, place])
  })

  test('has each number as 64 bits, with its sign', () => {
    const numbers = [-1, -(2 ** 40), 0xffff_ffff, 2 ** 31, Number.MAX_SAFE_INTEGER, 0]
    expect(
      assembled([step('mmap', numbers)])
        .wordsOf(0)
        .slice(0, 6),
    ).toEqual(numbers)
    for (const wrong of [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60]) {
      expect(() => assembled([step('mmap', [wrong])])).toThrow(
        `The launch program cannot encode ${wrong}`,
      )
    }
  })

  test('takes up to six arguments', () => {
    const six = Array.from({ length: 6 }, () => load('a.x'))
    const areas = [{ name: 'a', fields: [{ name: 'x', size: 8 }] }]
    const { flagsOf } = assembled([step('mmap', six)], areas)
    expect(flagsOf(0)).toBe(
      [0, 1, 2, 3, 4, 5].reduce((sum, index) => sum | LOAD_ARGUMENT(index), 0),
    )
    expect(() => assembled([step('mmap', [...six, 0])], areas)).toThrowErrorMatchingInlineSnapshot(
      `[Error: mmap has more than six arguments]`,
    )
  })

  test('asks at most one question about its result', () => {
    const whenEqual = { value: 0, goto: FAIL }
    const whenDifferent = { value: 1, goto: FAIL }
    for (const two of [
      { tolerate: 17, whenEqual },
      { tolerate: 17, whenDifferent },
      { whenEqual, whenDifferent },
    ]) {
      expect(() => assembled([step('getpid', [], two)])).toThrow(
        'getpid compares its result with more than one value',
      )
    }
  })

  test('calls only calls that the architecture has', () => {
    expect(() => assembled([step('forkk', [])])).toThrowErrorMatchingInlineSnapshot(
      `[Error: x64 has no system call forkk]`,
    )
    const open = { steps: [step('open', [], { label: FAIL })], areas: [] }
    expect(() =>
      assemble(open, { arch: 'arm64', address: ADDRESS }),
    ).toThrowErrorMatchingInlineSnapshot(`[Error: arm64 has no system call open]`)
  })
})
