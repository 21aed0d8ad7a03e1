/**
 * The layout of the launch program's memory, and the encoding of one step. The machine code of x64.ts and
 * arm64.ts contains these numbers.
 *
 * A step is twelve 64-bit little-endian words:
 *
 *     offset  0  u32 system call number, u32 flags
 *             8  six arguments
 *            56  where to store the result (an address; the sink when no step needs the result)
 *            64  the step after an error (result -4095 to -1)
 *            72  operand: what the result is compared with
 *            80  the step to jump to when the comparison succeeds
 *            88  the next step
 */
export const STEP_SIZE = 96

/** Flag bits 1 to 6: the argument of that number is an address to load from, not a value. */
export const LOAD_ARGUMENT = (index: number): number => 1 << (index + 1)
/** The operand is an address to load from. */
export const LOAD_OPERAND = 1 << 7
/** Jump when the result equals the operand; the machine checks this before it checks for errors. */
export const JUMP_IF_EQUAL = 1 << 8
/** Jump when the result is not an error and differs from the operand. */
export const JUMP_IF_DIFFERENT = 1 << 9

/** Where the image's data is mapped, writable. */
export const DATA_ADDRESS = 0x1000_0200
/** The data's file offset: congruent to its address modulo 64 KiB, arm64's largest page. */
export const DATA_OFFSET = 0x200
/** The data's head: a record tag, the last step's address and its result, and the sink. */
export const HEAD = {
  tag: DATA_ADDRESS,
  lastStep: DATA_ADDRESS + 8,
  lastResult: DATA_ADDRESS + 16,
  sink: DATA_ADDRESS + 24,
  /** Bytes of the record "this step failed": tag, step, result. */
  recordSize: 24,
} as const
/** Where the first step is: the head is padded to 64 bytes. */
export const STEPS_ADDRESS = DATA_ADDRESS + 64

/** Where the init maps a run's request. */
export const REQUEST_ADDRESS = 0x4000_0000
/** Where the ELF file's first page, headers and machine code, is mapped, executable. */
export const CODE_ADDRESS = 0x40_0000

/** One instruction: its bytes in memory order, in hexadecimal, and its assembly; or a label. */
export type Instruction = readonly [bytes: string, assembly: string] | `${string}:`
