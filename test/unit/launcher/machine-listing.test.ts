import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dirSync } from 'tmp-promise'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Arch, machineCode, machines } from '../../../src/launcher/machine/machine.ts'
import {
  DATA_ADDRESS,
  HEAD,
  type Instruction,
  STEPS_ADDRESS,
} from '../../../src/launcher/machine/memory-layout.ts'
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

// A disassembler shows an instruction of arm64 as one number, so its last byte comes first.
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

/** The listing as a disassembler would show it, with offsets for labels. */
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

  test('does what its notes say, instruction by instruction', (ctx) => {
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
