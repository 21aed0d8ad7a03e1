import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dirSync } from 'tmp-promise'
import { describe, expect, onTestFinished, test } from 'vitest'
import { assemble } from '../../../src/runner/launcher/image/assemble.ts'
import {
  DATA_ADDRESS,
  HEAD,
  JUMP_IF_DIFFERENT,
  JUMP_IF_EQUAL,
  LOAD_ARGUMENT,
  LOAD_OPERAND,
  STEP_SIZE,
  STEPS_ADDRESS,
} from '../../../src/runner/launcher/machine/layout.ts'
import {
  type Arch,
  type Instruction,
  machineCode,
  machines,
} from '../../../src/runner/launcher/machine/machine.ts'
import { at, load, stepsOf } from '../../../src/runner/launcher/step.ts'
import { requireTool } from './tools.ts'

interface Line {
  readonly offset: number
  readonly bytes: string
  readonly assembly: string
}

const disassemblers = {
  x64: {
    program: 'objdump',
    debianPackage: 'binutils',
    args: ['-m', 'i386:x86-64', '-M', 'intel', '--insn-width=12'],
  },
  arm64: {
    program: 'aarch64-linux-gnu-objdump',
    debianPackage: 'binutils-aarch64-linux-gnu',
    args: ['-m', 'aarch64'],
  },
} as const

const tidy = (assembly: string): string =>
  assembly
    .replace(/\s*(\/\/|#\s).*$/, '')
    .replaceAll(/\s+/g, ' ')
    .trim()

// arm64's instructions are shown as a number, so with their last byte first.
const inMemoryOrder = (shown: string, arch: Arch): string => {
  const bytes = shown.match(/[0-9a-f]{2}/g) ?? []
  return (arch === 'arm64' ? bytes.reverse() : bytes).join(' ')
}

function disassemble(code: Uint8Array, arch: Arch): Line[] {
  const directory = dirSync({ unsafeCleanup: true })
  onTestFinished(() => directory.removeCallback())
  const file = join(directory.name, 'machine.bin')
  writeFileSync(file, code)
  const { program, args } = disassemblers[arch]
  const listing = execFileSync(program, ['-D', '-b', 'binary', ...args, file], { encoding: 'utf8' })
  return [...listing.matchAll(/^\s*([0-9a-f]+):\t([0-9a-f ]+?)\s*\t(.*)$/gm)].map(
    ([, offset = '', bytes = '', assembly = '']) => ({
      offset: Number.parseInt(offset, 16),
      bytes: inMemoryOrder(bytes, arch),
      assembly: tidy(assembly),
    }),
  )
}

const sizeOf = (line: Instruction): number =>
  typeof line === 'string' ? 0 : line[0].split(' ').length

/** The listing as a disassembler would show it: labels are offsets. */
function resolved(listing: readonly Instruction[]): Line[] {
  const labels = new Map<string, number>()
  let offset = 0
  for (const line of listing) {
    if (typeof line === 'string') labels.set(line.slice(0, -1), offset)
    offset += sizeOf(line)
  }
  offset = 0
  return listing.flatMap((line) => {
    const start = offset
    offset += sizeOf(line)
    if (typeof line === 'string') return []
    const [bytes, assembly] = line
    const text = assembly.replace(/\b[a-z]\w*$/, (word) => {
      const target = labels.get(word)
      return target === undefined ? word : `0x${target.toString(16)}`
    })
    return [{ offset: start, bytes, assembly: tidy(text) }]
  })
}

describe.each(['x64', 'arm64'] as const)('the step machine for %s', (arch) => {
  const assembly = machines[arch].listing.flatMap((line) =>
    typeof line === 'string' ? [] : [line[1]],
  )

  test('is what its notes say, instruction by instruction', (ctx) => {
    const { program, debianPackage } = disassemblers[arch]
    requireTool(ctx, program, debianPackage)
    const expected = resolved(machines[arch].listing)
    const found = disassemble(machineCode(arch), arch)
    expect(found).toEqual(expected)
    expect(found.length).toBeGreaterThan(40)
  })

  test('names only registers and instructions where its notes name no label', () => {
    const labels = machines[arch].listing.filter((line) => typeof line === 'string')
    const jumped = assembly.flatMap((line) => {
      const [, label] = /^(?:j\w+|b|b\.\w+|tbn?z .*,) (\w+)$/.exec(line) ?? []
      return label === undefined ? [] : [`${label}:`]
    })
    expect(jumped.length).toBeGreaterThan(8)
    for (const label of jumped) expect(labels).toContain(label)
    expect(new Set(labels).size).toBe(labels.length)
  })

  test('fits its page of the executable, before the data', () => {
    expect(machineCode(arch).length).toBeLessThan(DATA_ADDRESS % 0x1000)
  })
})

test('the head of the data is a record: tag, step, result, and then the sink', () => {
  expect(HEAD).toEqual({
    tag: DATA_ADDRESS,
    lastStep: DATA_ADDRESS + 8,
    lastResult: DATA_ADDRESS + 16,
    sink: DATA_ADDRESS + 24,
    recordSize: 24,
  })
  expect(STEPS_ADDRESS).toBeGreaterThanOrEqual(HEAD.sink + 8)
  expect(STEPS_ADDRESS % 8).toBe(0)
})

const hex = (value: number): string => `0x${value.toString(16)}`

/** Where assemble() puts each field of a step, found by values that are in no other. */
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

/** The instructions of a listing from a label to the next one. */
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
