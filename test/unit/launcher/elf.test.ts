import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dirSync } from 'tmp-promise'
import { describe, expect, onTestFinished, test } from 'vitest'
import { assemble } from '../../../src/launcher/image/assemble.ts'
import { elfImage } from '../../../src/launcher/image/elf.ts'
import { machineCode } from '../../../src/launcher/machine/machine.ts'
import {
  CODE_ADDRESS,
  DATA_ADDRESS,
  DATA_OFFSET,
  HEAD,
  STEPS_ADDRESS,
} from '../../../src/launcher/machine/memory-layout.ts'
import { failSteps } from '../../../src/launcher/plan/starter.ts'
import { RECORD } from '../../../src/launcher/report/records.ts'
import { requireTool } from './tools.ts'

const ARM64_LARGEST_PAGE = 0x10000
const PT_LOAD = 1
const PT_GNU_STACK = 0x6474e551
const [X, W, R] = [1, 2, 4]

const assembled = (arch: 'x64' | 'arm64', address = STEPS_ADDRESS) =>
  assemble({ steps: failSteps, areas: [] }, { arch, address })

const image = (arch: 'x64' | 'arm64') => elfImage(assembled(arch), arch, RECORD.failure.tag)

function programHeaders(elf: Uint8Array) {
  const view = new DataView(elf.buffer, elf.byteOffset)
  const table = Number(view.getBigUint64(32, true))
  return Array.from({ length: view.getUint16(56, true) }, (_, index) => {
    const start = table + index * view.getUint16(54, true)
    const word = (offset: number) => Number(view.getBigUint64(start + offset, true))
    return {
      type: view.getUint32(start, true),
      flags: view.getUint32(start + 4, true),
      offset: word(8),
      address: word(16),
      fileSize: word(32),
      memorySize: word(40),
      align: word(48),
    }
  })
}

describe.each(['x64', 'arm64'] as const)('the executable for %s', (arch) => {
  const elf = image(arch)
  const [code, data, stack, ...more] = programHeaders(elf)

  test('has code that cannot be written, and data and stack that cannot be executed', () => {
    expect(code).toMatchObject({ type: PT_LOAD, flags: R | X, offset: 0, address: CODE_ADDRESS })
    expect(data).toMatchObject({ type: PT_LOAD, flags: R | W, address: DATA_ADDRESS })
    expect(stack).toMatchObject({ type: PT_GNU_STACK, flags: R | W })
    expect(more).toEqual([])
  })

  test('can be mapped with pages of up to 64 KiB', () => {
    for (const header of [code, data]) {
      expect(header?.align).toBe(ARM64_LARGEST_PAGE)
      expect((header?.address ?? 0) % ARM64_LARGEST_PAGE).toBe(header?.offset)
    }
    const page = (address: number) => Math.floor(address / ARM64_LARGEST_PAGE)
    expect(page(CODE_ADDRESS)).toBeLessThan(page(DATA_ADDRESS))
  })

  test('is entered at the first instruction of the step machine', () => {
    const entry = Number(new DataView(elf.buffer).getBigUint64(24, true)) - CODE_ADDRESS
    const machine = machineCode(arch)
    expect(Buffer.from(elf.subarray(entry, entry + machine.length)).equals(machine)).toBe(true)
    expect(code?.fileSize).toBe(entry + machine.length)
  })

  test('has the record of a failed step, and the steps, where the machine expects them', () => {
    expect(Buffer.from(elf).toString('latin1', DATA_OFFSET, DATA_OFFSET + 8)).toBe('FAILURE\0')
    const start = DATA_OFFSET + STEPS_ADDRESS - HEAD.tag
    expect(Buffer.from(elf.subarray(start)).equals(assembled(arch).bytes)).toBe(true)
    expect(data?.fileSize).toBe(elf.length - DATA_OFFSET)
    expect(data?.memorySize).toBe(data?.fileSize)
  })

  test('is a static executable for readelf', (ctx) => {
    requireTool(ctx, 'readelf', 'binutils')
    const directory = dirSync({ unsafeCleanup: true })
    onTestFinished(() => directory.removeCallback())
    const file = join(directory.name, 'program')
    writeFileSync(file, elf)
    const options = { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } } as const
    const shown = execFileSync('readelf', ['-lhW', file], options)
    expect(shown).toMatch(/Type: +EXEC/)
    expect(shown).toMatch(arch === 'x64' ? /Machine: .*X86-64/ : /Machine: .*AArch64/)
    expect(shown).toMatch(/Class: +ELF64/)
    expect(shown).toMatch(/Number of section headers: +0/)
    expect(shown).not.toMatch(/warning|error|INTERP|DYNAMIC| RWE /i)
    const loads = [...shown.matchAll(/^ +LOAD +\S+ +(\S+) .* (R ?[W ]?E?) +0x10000$/gm)]
    expect(loads.map(([, address, flags]) => [Number(address), flags])).toEqual([
      [CODE_ADDRESS, 'R E'],
      [DATA_ADDRESS, 'RW'],
    ])
  })
})

test('cannot be made of steps that were laid out for another address', () => {
  expect(() =>
    elfImage(assembled('x64', STEPS_ADDRESS + 8), 'x64', RECORD.failure.tag),
  ).toThrowErrorMatchingInlineSnapshot(`[Error: The launch program does not fit its layout]`)
})
