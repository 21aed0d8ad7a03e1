import { expect, test } from 'vitest'
import { assemble } from '../../../src/launcher/image/assemble.ts'
import { type Arch, machines } from '../../../src/launcher/machine/machine.ts'
import {
  DATA_ADDRESS,
  HEAD,
  JUMP_IF_DIFFERENT,
  JUMP_IF_EQUAL,
  LOAD_ARGUMENT,
  LOAD_OPERAND,
  STEP_SIZE,
  STEPS_ADDRESS,
} from '../../../src/launcher/machine/memory-layout.ts'
import { at, load, stepsOf } from '../../../src/launcher/step.ts'

const hex = (value: number): string => `0x${value.toString(16)}`

/** The place of each field in a step of assemble(), found by values that occur in no other field. */
function fieldOffsets() {
  const step = stepsOf('init')
  const { bytes, symbols } = assemble(
    {
      areas: [{ name: 'area', fields: [{ name: 'stored', size: 8 }] }],
      steps: [
        step('read', [101, 102, 103, 104, 105, 106], {
          store: 'area.stored',
          onError: { goto: 'error' },
          whenDifferent: { value: 107, goto: 'jump' },
          next: { goto: 'next' },
        }),
        step('read', [], { label: 'error', onError: 'continue' }),
        step('read', [], { label: 'jump', onError: 'continue' }),
        step('read', [], { label: 'next', onError: 'continue' }),
      ],
    },
    { arch: 'x64', address: STEPS_ADDRESS },
  )
  const view = new DataView(bytes.buffer)
  const words = Array.from({ length: 12 }, (_, index) => Number(view.getBigUint64(index * 8, true)))
  const offsetOf = (value: number | undefined) => words.indexOf(value ?? -1) * 8
  return {
    args: [101, 102, 103, 104, 105, 106].map(offsetOf),
    store: offsetOf(symbols.get('area.stored')),
    error: offsetOf(symbols.get('error')),
    operand: offsetOf(107),
    jump: offsetOf(symbols.get('jump')),
    next: offsetOf(symbols.get('next')),
  }
}

const code = (arch: Arch): string[] =>
  machines[arch].listing.map((line) => (typeof line === 'string' ? line : line[1]))

/** The instructions of a listing from a label to the next label. */
function block(arch: Arch, label: string): string[] {
  const lines = code(arch)
  const start = lines.indexOf(`${label}:`) + 1
  const rest = lines.slice(start)
  const end = rest.findIndex((line) => line.endsWith(':'))
  return end < 0 ? rest : rest.slice(0, end)
}

test('the x64 machine reads the fields of a step where assemble() puts them', () => {
  const { args, store, error, operand, jump, next } = fieldOffsets()
  expect(code('x64')[0]).toBe(`mov ebx,${hex(STEPS_ADDRESS)}`)
  expect(args).toEqual([1, 2, 3, 4, 5, 6].map((index) => index * 8))
  expect(block('x64', 'step')).toEqual(['mov ebp,DWORD PTR [rbx+0x4]', 'push 0x6', 'pop rcx'])
  expect(block('x64', 'argument')[0]).toBe('mov rax,QWORD PTR [rbx+rcx*8]')
  expect(code('x64')).toContain('mov eax,DWORD PTR [rbx]')
  expect(code('x64')).toContain(`mov QWORD PTR ds:${hex(HEAD.lastStep)},rbx`)
  expect(code('x64')).toContain(`mov QWORD PTR ds:${hex(HEAD.lastResult)},rax`)
  expect(code('x64')).toContain(`mov rcx,QWORD PTR [rbx+${hex(store)}]`)
  expect(code('x64')).toContain(`mov rdx,QWORD PTR [rbx+${hex(operand)}]`)
  expect(block('x64', 'error')).toEqual([`mov rbx,QWORD PTR [rbx+${hex(error)}]`, 'jmp step'])
  expect(block('x64', 'jump')).toEqual([`mov rbx,QWORD PTR [rbx+${hex(jump)}]`, 'jmp step'])
  expect(block('x64', 'next')).toEqual([`mov rbx,QWORD PTR [rbx+${hex(next)}]`, 'jmp step'])
})

test('the arm64 machine reads the fields of a step where assemble() puts them', () => {
  const { args, store, error, operand, jump, next } = fieldOffsets()
  expect(code('arm64').slice(0, 4)).toEqual([
    `mov x19, #${hex(STEPS_ADDRESS & 0xffff)}`,
    `movk x19, #${hex(STEPS_ADDRESS >>> 16)}, lsl #16`,
    `mov x21, #${hex(DATA_ADDRESS & 0xffff)}`,
    `movk x21, #${hex(DATA_ADDRESS >>> 16)}, lsl #16`,
  ])
  const reads = code('arm64').filter((line) => /^ldr x[0-5], \[x19/.test(line))
  expect(reads).toEqual(args.map((offset, index) => `ldr x${index}, [x19, #${offset}]`))
  expect(code('arm64')).toContain('ldr w20, [x19, #4]')
  expect(block('arm64', 'call')).toEqual([
    'ldr w8, [x19]',
    'svc #0x0',
    `stp x19, x0, [x21, #${HEAD.lastStep - HEAD.tag}]`,
    `ldr x9, [x19, #${store}]`,
    'str x0, [x9]',
    `ldr x10, [x19, #${operand}]`,
    'tbz w20, #7, compare',
    'ldr x10, [x10]',
  ])
  expect(block('arm64', 'error')).toEqual([`ldr x19, [x19, #${error}]`, 'b step'])
  expect(block('arm64', 'jump')).toEqual([`ldr x19, [x19, #${jump}]`, 'b step'])
  expect(block('arm64', 'next')).toEqual([`ldr x19, [x19, #${next}]`, 'b step'])
  expect(HEAD.lastResult - HEAD.lastStep).toBe(8)
})

test('both machines test the flag bits that assemble() sets', () => {
  const bit = (flag: number): number => Math.log2(flag)
  expect([0, 1, 2, 3, 4, 5].map((index) => bit(LOAD_ARGUMENT(index)))).toEqual([1, 2, 3, 4, 5, 6])
  const x64 = code('x64')
  expect(x64).toContain('bt ebp,ecx')
  expect(x64.indexOf(`bt ebp,${hex(bit(LOAD_OPERAND))}`)).toBe(x64.indexOf('compare:') - 3)
  expect(block('x64', 'compare').slice(-2)).toEqual([
    `bt ebp,${hex(bit(JUMP_IF_EQUAL))}`,
    'jb jump',
  ])
  expect(block('x64', 'differs').slice(-2)).toEqual([
    `bt ebp,${hex(bit(JUMP_IF_DIFFERENT))}`,
    'jb jump',
  ])
  const arm64 = code('arm64')
  const loads = arm64.flatMap((line) => /^tbz w20, #(\d), (?:a\d|call)$/.exec(line)?.[1] ?? [])
  expect(loads.map(Number)).toEqual([1, 2, 3, 4, 5, 6])
  expect(arm64).toContain(`tbz w20, #${bit(LOAD_OPERAND)}, compare`)
  expect(block('arm64', 'compare').at(-1)).toBe(`tbnz w20, #${bit(JUMP_IF_EQUAL)}, jump`)
  expect(block('arm64', 'differs').at(-1)).toBe(`tbnz w20, #${bit(JUMP_IF_DIFFERENT)}, jump`)
})

test('a step is twelve 64-bit words', () => {
  expect(STEP_SIZE).toBe(12 * 8)
  const one = assemble(
    { areas: [], steps: [stepsOf('init')('getpid', [], { label: 'fail' })] },
    { arch: 'arm64', address: STEPS_ADDRESS },
  )
  expect(one.bytes.length).toBe(STEP_SIZE)
})

test('an address and the value at it are different arguments', () => {
  const { bytes } = assemble(
    {
      areas: [{ name: 'a', fields: [{ name: 'b', size: 8 }] }],
      steps: [stepsOf('init')('getpid', [at('a.b'), load('a.b')], { label: 'fail' })],
    },
    { arch: 'x64', address: STEPS_ADDRESS },
  )
  const view = new DataView(bytes.buffer)
  expect(view.getBigUint64(8, true)).toBe(view.getBigUint64(16, true))
  expect(view.getUint32(4, true)).toBe(LOAD_ARGUMENT(1))
})
