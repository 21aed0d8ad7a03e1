import { arm64 } from './arm64.ts'
import type { Instruction } from './memory-layout.ts'
import { x64 } from './x64.ts'

/** The processor architectures for which Gradebox has a step machine. The names are those of `process.arch`. */
export type Arch = 'x64' | 'arm64'

export interface Machine {
  /** The instructions of the step machine, in order. */
  readonly listing: readonly Instruction[]
  /** ELF's number of the architecture (elf.h, EM_…). */
  readonly elfMachine: number
}

/** The step machines: EM_X86_64 is 62, EM_AARCH64 is 183. */
export const machines: Readonly<Record<Arch, Machine>> = {
  x64: { listing: x64, elfMachine: 62 },
  arm64: { listing: arm64, elfMachine: 183 },
}

/** The bytes of an architecture's step machine. */
export function machineCode(arch: Arch): Uint8Array {
  const hex = machines[arch].listing.map((line) => (typeof line === 'string' ? '' : line[0]))
  return Buffer.from(hex.join('').replaceAll(' ', ''), 'hex')
}
