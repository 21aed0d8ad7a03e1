/**
 * The layout of the launch program's memory, and the encoding of one step. The machine code of x64.ts and
 * arm64.ts contains these numbers.
 *
 * A step is twelve 64-bit little-endian words:
 *
 *     offset  0  u32 system call number, u32 flags
 *             8  six arguments
 *            56  the address at which to store the result (the sink's address if no step needs the result)
 *            64  the step after an error (result -4095 to -1)
 *            72  operand: the machine compares the result with this value
 *            80  the step to jump to when the comparison succeeds
 *            88  the next step
 */
export const STEP_SIZE = 96

/** Flag bits 1 to 6, one for each argument: the argument is an address to load from, not a value. */
export const LOAD_ARGUMENT = (index: number): number => 1 << (index + 1)
/** The operand is an address to load from. */
export const LOAD_OPERAND = 1 << 7
/** Jump when the result equals the operand. The machine compares before it checks for errors. */
export const JUMP_IF_EQUAL = 1 << 8
/** Jump when the result is not an error and differs from the operand. */
export const JUMP_IF_DIFFERENT = 1 << 9

/** The address of the image's data, which is writable. */
export const DATA_ADDRESS = 0x1000_0200
/** The file offset of the data. It is congruent to the address modulo 64 KiB, the largest page size of arm64. */
export const DATA_OFFSET = 0x200
/** The head of the data: a record tag, the address of the last step, the result of that step, and the sink. */
export const HEAD = {
  tag: DATA_ADDRESS,
  lastStep: DATA_ADDRESS + 8,
  lastResult: DATA_ADDRESS + 16,
  sink: DATA_ADDRESS + 24,
  /** Bytes of the record "this step failed": tag, step, result. */
  recordSize: 24,
} as const
/** The address of the first step. Padding extends the head to 64 bytes. */
export const STEPS_ADDRESS = DATA_ADDRESS + 64

/** The address at which the init maps a run's request. */
export const REQUEST_ADDRESS = 0x4000_0000
/** The address of the ELF file's first page. The page contains the headers and the machine code, and is executable. */
export const CODE_ADDRESS = 0x40_0000

/** A label, or one instruction: its bytes in memory order, in hexadecimal, and its assembly. */
export type Instruction = readonly [bytes: string, assembly: string] | `${string}:`
