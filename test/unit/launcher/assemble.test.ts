import { describe, expect, test } from 'vitest'
import { syscallNumber } from '../../../src/ffi/syscalls.ts'
import { assemble, type Symbols } from '../../../src/runner/launcher/image/assemble.ts'
import {
  HEAD,
  JUMP_IF_DIFFERENT,
  JUMP_IF_EQUAL,
  LOAD_ARGUMENT,
  LOAD_OPERAND,
  STEP_SIZE,
} from '../../../src/runner/launcher/machine/layout.ts'
import {
  type Area,
  at,
  bytes,
  DIE,
  FAIL,
  load,
  type Step,
  stepsOf,
  text,
  words,
} from '../../../src/runner/launcher/step.ts'
import { assembledPlan, root, user } from './sample-plans.ts'

const step = stepsOf('init')
const ADDRESS = 0x5000
const FAIL_ADDRESS = 0x9000

function assembled(steps: readonly Step[], areas: readonly Area[] = [], more: Symbols = new Map()) {
  const imported = new Map([[FAIL, FAIL_ADDRESS], ...more])
  const segment = assemble({ steps, areas }, { arch: 'x64', address: ADDRESS, imported })
  const view = new DataView(segment.bytes.buffer)
  return {
    ...segment,
    /** The eleven words of a step after its number and flags. */
    wordsOf: (index: number) =>
      Array.from({ length: 11 }, (_, word) =>
        Number(view.getBigInt64(index * STEP_SIZE + 8 + word * 8, true)),
      ),
    flagsOf: (index: number) => view.getUint32(index * STEP_SIZE + 4, true),
    textAt: (address: number) =>
      Buffer.from(segment.bytes)
        .toString('latin1', address - ADDRESS)
        .split('\0')[0],
    wordAt: (address: number) => Number(view.getBigInt64(address - ADDRESS, true)),
  }
}

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

  test('goes on to the one after it, stores nothing that is used, and reports an error', () => {
    const { wordsOf, flagsOf } = assembled([step('getpid', []), step('getpid', [])])
    expect(wordsOf(0).slice(6)).toEqual([HEAD.sink, FAIL_ADDRESS, 0, 0, ADDRESS + STEP_SIZE])
    expect(wordsOf(1).at(-1)).toBe(ADDRESS + 2 * STEP_SIZE)
    expect(flagsOf(0)).toBe(0)
  })

  test('carries on after an error where the one after it, or its own next, is', () => {
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

  test('that tolerates an error takes it for success', () => {
    const { wordsOf, flagsOf } = assembled([
      step('getpid', [], { tolerate: 17, next: { goto: 'far' } }),
      step('getpid', []),
      step('getpid', [], { label: 'far' }),
    ])
    expect(flagsOf(0)).toBe(JUMP_IF_EQUAL)
    const far = ADDRESS + 2 * STEP_SIZE
    expect(wordsOf(0).slice(7)).toEqual([FAIL_ADDRESS, -17, far, far])
  })

  test('compares with a literal, an address, or what is at an address', () => {
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

  test('calls only what the architecture has', () => {
    expect(() => assembled([step('forkk', [])])).toThrowErrorMatchingInlineSnapshot(
      `[Error: x64 has no system call forkk]`,
    )
    const open = { steps: [step('open', [], { label: FAIL })], areas: [] }
    expect(() =>
      assemble(open, { arch: 'arm64', address: ADDRESS }),
    ).toThrowErrorMatchingInlineSnapshot(`[Error: arm64 has no system call open]`)
  })
})

describe('the memory of a segment', () => {
  const areas: Area[] = [
    {
      name: 'record',
      fields: [
        { name: 'tag', size: 3, init: Buffer.from('abc') },
        { name: 'body', size: 17 },
        { name: 'end', size: 8, init: Buffer.from([1]) },
      ],
    },
  ]

  test('has areas after the steps, each field at a multiple of 8 and zero unless told', () => {
    const { symbols, bytes: encoded } = assembled([step('getpid', [])], areas)
    const start = ADDRESS + STEP_SIZE
    expect(symbols.get('record.tag')).toBe(start)
    expect(symbols.get('record.body')).toBe(start + 8)
    expect(symbols.get('record.end')).toBe(start + 8 + 24)
    expect(Buffer.from(encoded.subarray(STEP_SIZE)).toString('hex')).toBe(
      `6162630000000000${'00'.repeat(24)}0100000000000000`,
    )
  })

  test('has texts and bytes after the areas, each at a multiple of 8 and a text NUL-terminated', () => {
    const {
      wordsOf,
      textAt,
      bytes: encoded,
    } = assembled([step('write', [text('höst'), bytes(Buffer.from([1, 2, 3])), text('')])], areas)
    const [first = 0, second = 0, third = 0] = wordsOf(0)
    expect(first).toBe(ADDRESS + STEP_SIZE + 40)
    expect(second).toBe(first + 8)
    expect(third).toBe(second + 8)
    expect(Buffer.from(textAt(first) ?? '', 'latin1').toString('utf8')).toBe('höst')
    expect(encoded.length).toBe(third + 8 - ADDRESS)
  })

  test('has equal texts once and equal bytes as often as they are used', () => {
    const same = () => bytes(Buffer.from('same'))
    const { wordsOf } = assembled([step('write', [text('same'), text('same'), same(), same()])])
    const [first, second, third, fourth] = wordsOf(0)
    expect(second).toBe(first)
    expect(fourth).not.toBe(third)
  })

  test('has arrays of words, which may be addresses of other data', () => {
    const { wordsOf, wordAt, textAt, symbols } = assembled(
      [step('execve', [text('a'), words(text('a'), text('-x'), at('record.body'), -1, 7n, 0)])],
      areas,
    )
    const array = wordsOf(0)[1] ?? 0
    const values = [0, 1, 2, 3, 4, 5].map((index) => wordAt(array + index * 8))
    expect(values[0]).toBe(wordsOf(0)[0])
    expect(textAt(values[1] ?? 0)).toBe('-x')
    expect(values.slice(2)).toEqual([symbols.get('record.body'), -1, 7, 0])
  })

  test('has no array whose words would have to be read at run time', () => {
    expect(() =>
      assembled([step('write', [words(load('record.body'))])], areas),
    ).toThrowErrorMatchingInlineSnapshot(
      `[Error: The launch program cannot load "record.body" into data]`,
    )
  })
})

describe('names', () => {
  test.each([
    ['a place to store in', step('getpid', [], { store: 'nowhere.x' })],
    ['an argument', step('getpid', [load('nowhere.x')])],
    ['a word', step('getpid', [words(at('nowhere.x'))])],
    ['a next step', step('getpid', [], { next: { goto: 'nowhere.x' } })],
    ['an error step', step('getpid', [], { onError: { goto: 'nowhere.x' } })],
    ['a jump', step('getpid', [], { whenEqual: { value: 0, goto: 'nowhere.x' } })],
    ['an operand', step('getpid', [], { whenEqual: { value: at('nowhere.x'), goto: FAIL } })],
  ])('that nobody defines are refused: %s', (_, wrong) => {
    expect(() => assembled([wrong])).toThrow('The launch program does not define "nowhere.x"')
  })

  test('are the caller’s to define that a failing step needs', () => {
    const lone = { steps: [step('getpid', [])], areas: [] }
    expect(() =>
      assemble(lone, { arch: 'x64', address: ADDRESS }),
    ).toThrowErrorMatchingInlineSnapshot(`[Error: The launch program does not define "fail"]`)
  })

  test('are defined once: labels, fields and those of another segment', () => {
    const twice = [step('getpid', [], { label: 'a' }), step('getpid', [], { label: 'a' })]
    expect(() => assembled(twice)).toThrowErrorMatchingInlineSnapshot(
      `[Error: The launch program defines "a" twice]`,
    )
    const area = { name: 'a', fields: [{ name: 'x', size: 8 }] }
    expect(() => assembled([], [area, area])).toThrowErrorMatchingInlineSnapshot(
      `[Error: The launch program defines "a.x" twice]`,
    )
    expect(() =>
      assembled([step('getpid', [], { label: FAIL })]),
    ).toThrowErrorMatchingInlineSnapshot(`[Error: The launch program defines "fail" twice]`)
  })

  test('of another segment can be gone to, loaded and stored in', () => {
    const { wordsOf } = assembled(
      [step('getpid', [load('other.x')], { store: 'other.x', next: { goto: 'other' } })],
      [],
      new Map([
        ['other.x', 0x7000],
        ['other', 0x7100],
      ]),
    )
    expect([wordsOf(0)[0], wordsOf(0)[6], wordsOf(0)[10]]).toEqual([0x7000, 0x7000, 0x7100])
  })
})

test.each([user, root])('equal plans give equal bytes ($kind)', (flow) => {
  const [first, second] = [assembledPlan(flow), assembledPlan(flow)]
  expect(Buffer.from(first.elf).equals(second.elf)).toBe(true)
  expect(Buffer.from(first.request.bytes).equals(second.request.bytes)).toBe(true)
})
