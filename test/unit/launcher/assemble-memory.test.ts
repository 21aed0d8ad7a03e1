import { describe, expect, test } from 'vitest'
import { assemble } from '../../../src/launcher/image/assemble.ts'
import { STEP_SIZE } from '../../../src/launcher/machine/memory-layout.ts'
import {
  type Area,
  at,
  bytes,
  FAIL,
  load,
  stepsOf,
  text,
  words,
} from '../../../src/launcher/step.ts'
import { ADDRESS, assembled } from './assembled.ts'
import { assembledPlan, root, user } from './sample-plans.ts'

const step = stepsOf('init')

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

  test('has areas after the steps; each field is at a multiple of 8, and zero by default', () => {
    const { symbols, bytes: encoded } = assembled([step('getpid', [])], areas)
    const start = ADDRESS + STEP_SIZE
    expect(symbols.get('record.tag')).toBe(start)
    expect(symbols.get('record.body')).toBe(start + 8)
    expect(symbols.get('record.end')).toBe(start + 8 + 24)
    expect(Buffer.from(encoded.subarray(STEP_SIZE)).toString('hex')).toBe(
      `6162630000000000${'00'.repeat(24)}0100000000000000`,
    )
  })

  test('has texts and bytes after the areas, each at a multiple of 8, and texts end in NUL', () => {
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

  test('has equal texts once, and equal bytes as often as the plan uses them', () => {
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

  test('holds data of any length, each at its address', () => {
    const filled = (length: number, byte: number) => Buffer.alloc(length, byte)
    const sizes = [1, 16 * 1024, 100_000, 7, 300_000]
    const { wordsOf, bytes: encoded } = assembled(
      sizes.map((size, index) => step('write', [bytes(filled(size, index + 1)), text(`${index}`)])),
      areas,
    )
    sizes.forEach((size, index) => {
      const start = (wordsOf(index)[0] ?? 0) - ADDRESS
      const found = Buffer.from(encoded.subarray(start, start + size))
      expect(found.equals(filled(size, index + 1))).toBe(true)
    })
    expect(encoded.length % 8).toBe(0)
  })

  test('has texts as UTF-8, also texts with half a surrogate pair', () => {
    const { wordsOf, textAt } = assembled([step('write', [text('a\ud800b'), text('next')])])
    const [first = 0, second = 0] = wordsOf(0)
    expect(textAt(first)).toBe('a\xef\xbf\xbdb')
    expect(textAt(second)).toBe('next')
  })

  test('has no array whose words must be read at run time', () => {
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
  ])('that no step defines are refused: %s', (_, wrong) => {
    expect(() => assembled([wrong])).toThrow('The launch program does not define "nowhere.x"')
  })

  test('may be defined by the caller where a failing step needs them', () => {
    const lone = { steps: [step('getpid', [])], areas: [] }
    expect(() =>
      assemble(lone, { arch: 'x64', address: ADDRESS }),
    ).toThrowErrorMatchingInlineSnapshot(`[Error: The launch program does not define "fail"]`)
  })

  test('are defined once: labels, fields, and names of another segment', () => {
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

  test('of another segment are not passed on', () => {
    const { symbols } = assembled([step('getpid', [], { label: 'own' })])
    expect([...symbols.keys()]).toEqual(['own'])
  })

  test('of another segment can be targets of jumps, loads and stores', () => {
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
