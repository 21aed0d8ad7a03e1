import { type Arch, machineCode, machines } from '../machine/machine.ts'
import { CODE_ADDRESS, DATA_ADDRESS, DATA_OFFSET, STEPS_ADDRESS } from '../machine/memory-layout.ts'
import type { Assembled } from './assemble.ts'

const EHDR_SIZE = 64
const PHDR_SIZE = 56
const CODE_OFFSET = EHDR_SIZE + 3 * PHDR_SIZE
const PT_LOAD = 1
const PT_GNU_STACK = 0x6474e551
const PF_X = 1
const PF_W = 2
const PF_R = 4
const PAGE = 0x10000n

/**
 * Makes the static ELF executable (elf(5)) of a launch program: the step machine, mapped readable and
 * executable, and the assembled steps, mapped readable and writable. No stack or data is executable.
 *
 * @param head the first bytes of the data, which are the record tag
 */
export function elfImage(assembled: Assembled, arch: Arch, head: Uint8Array): Uint8Array {
  const code = machineCode(arch)
  if (CODE_OFFSET + code.length > DATA_OFFSET || assembled.address !== STEPS_ADDRESS) {
    throw new Error('The launch program does not fit its layout')
  }
  const dataSize = STEPS_ADDRESS - DATA_ADDRESS + assembled.bytes.length
  const image = new Uint8Array(DATA_OFFSET + dataSize)
  const view = new DataView(image.buffer)
  writeFileHeader(view, machines[arch].elfMachine)
  writeProgramHeader(view, 0, {
    type: PT_LOAD,
    flags: PF_R | PF_X,
    offset: 0,
    address: CODE_ADDRESS,
    size: CODE_OFFSET + code.length,
  })
  writeProgramHeader(view, 1, {
    type: PT_LOAD,
    flags: PF_R | PF_W,
    offset: DATA_OFFSET,
    address: DATA_ADDRESS,
    size: dataSize,
  })
  writeProgramHeader(view, 2, {
    type: PT_GNU_STACK,
    flags: PF_R | PF_W,
    offset: 0,
    address: 0,
    size: 0,
  })
  image.set(code, CODE_OFFSET)
  image.set(head, DATA_OFFSET)
  image.set(assembled.bytes, DATA_OFFSET + STEPS_ADDRESS - DATA_ADDRESS)
  return image
}

function writeFileHeader(view: DataView, machine: number): void {
  view.setUint32(0, 0x7f454c46) // \x7fELF
  view.setUint8(4, 2) // ELFCLASS64
  view.setUint8(5, 1) // ELFDATA2LSB
  view.setUint8(6, 1) // EV_CURRENT
  view.setUint16(16, 2, true) // ET_EXEC
  view.setUint16(18, machine, true)
  view.setUint32(20, 1, true)
  view.setBigUint64(24, BigInt(CODE_ADDRESS + CODE_OFFSET), true) // entry
  view.setBigUint64(32, BigInt(EHDR_SIZE), true) // program headers follow
  view.setUint16(52, EHDR_SIZE, true)
  view.setUint16(54, PHDR_SIZE, true)
  view.setUint16(56, 3, true)
}

interface ProgramHeader {
  readonly type: number
  readonly flags: number
  readonly offset: number
  readonly address: number
  readonly size: number
}

function writeProgramHeader(view: DataView, index: number, header: ProgramHeader): void {
  const start = EHDR_SIZE + index * PHDR_SIZE
  view.setUint32(start, header.type, true)
  view.setUint32(start + 4, header.flags, true)
  view.setBigUint64(start + 8, BigInt(header.offset), true)
  view.setBigUint64(start + 16, BigInt(header.address), true)
  view.setBigUint64(start + 24, BigInt(header.address), true)
  view.setBigUint64(start + 32, BigInt(header.size), true)
  view.setBigUint64(start + 40, BigInt(header.size), true)
  view.setBigUint64(start + 48, PAGE, true)
}
