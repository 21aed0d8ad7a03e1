import { assemble } from '../../../src/launcher/image/assemble.ts'
import type { Symbols } from '../../../src/launcher/image/segment-memory.ts'
import { STEP_SIZE } from '../../../src/launcher/machine/memory-layout.ts'
import { type Area, FAIL, type Step } from '../../../src/launcher/step.ts'

export const ADDRESS = 0x5000
export const FAIL_ADDRESS = 0x9000

/** A segment as it is in memory, where FAIL belongs to another segment. */
export function assembled(
  steps: readonly Step[],
  areas: readonly Area[] = [],
  more: Symbols = new Map(),
) {
  const imported = new Map([[FAIL, FAIL_ADDRESS], ...more])
  const segment = assemble({ steps, areas }, { arch: 'x64', address: ADDRESS, imported })
  const view = new DataView(segment.bytes.buffer, segment.bytes.byteOffset)
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
