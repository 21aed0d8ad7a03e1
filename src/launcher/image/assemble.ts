import { syscallNumber } from '../../linux/syscalls.ts'
import { finish, type Work } from '../../work.ts'
import type { Arch } from '../machine/machine.ts'
import {
  HEAD,
  JUMP_IF_DIFFERENT,
  JUMP_IF_EQUAL,
  LOAD_ARGUMENT,
  LOAD_OPERAND,
  STEP_SIZE,
} from '../machine/memory-layout.ts'
import { FAIL, type Goto, type Segment, type Step } from '../step.ts'
import {
  align,
  isLoad,
  SegmentMemory,
  type Symbols,
  SymbolTable,
  WORD_SIZE,
} from './segment-memory.ts'

/** A segment in its final form. */
export interface Assembled {
  readonly bytes: Uint8Array
  /** The address of the first byte, which is also the address of the first step. */
  readonly address: number
  readonly steps: readonly Step[]
  /** The segment's own labels and named places. */
  readonly symbols: Symbols
}

const noSymbols: Symbols = new Map()
/** The number of steps to encode between two pauses. */
const STEPS_PER_PIECE = 64
/** The number of steps whose labels to define between two pauses. */
const LABELS_PER_PIECE = 4096

interface AssembleOptions {
  readonly arch: Arch
  readonly address: number
  /** Labels and named places of a segment that is already in memory. */
  readonly imported?: Symbols
  /** The sixth argument of each step that uses fewer than six. A filter recognizes a step by the sixth argument. */
  readonly token?: bigint
}

/**
 * Lays out a segment at an address and fills in every address in the segment. Equal segments give equal bytes.
 *
 * @throws {Error} for a label or named place that is undefined or defined twice, which is a mistake in the plan
 */
export const assemble = (segment: Segment, options: AssembleOptions): Assembled =>
  finish(assembleInPieces(segment, options))

/** Assembles a segment as {@link assemble} does, with pauses. */
export function* assembleInPieces(
  segment: Segment,
  { arch, address, imported = noSymbols, token = 0n }: AssembleOptions,
): Work<Assembled> {
  const symbols = new SymbolTable(imported)
  for (const [index, { label }] of segment.steps.entries()) {
    if (label !== undefined) symbols.define(label, address + index * STEP_SIZE)
    if (index % LABELS_PER_PIECE === LABELS_PER_PIECE - 1) yield
  }
  const end = defineAreas(segment, address + segment.steps.length * STEP_SIZE, symbols)
  const memory = new SegmentMemory(address, end, symbols)
  writeInitialValues(segment, memory, symbols)
  const encoding = { arch, address, memory, symbols, token }
  for (const [index, step] of segment.steps.entries()) {
    encodeStep(step, index * STEP_SIZE, encoding)
    if (index % STEPS_PER_PIECE === STEPS_PER_PIECE - 1) yield
  }
  return { bytes: memory.bytes(), address, steps: segment.steps, symbols: symbols.own }
}

function defineAreas(segment: Segment, start: number, symbols: SymbolTable): number {
  let end = start
  for (const area of segment.areas) {
    for (const field of area.fields) {
      symbols.define(`${area.name}.${field.name}`, end)
      end += align(field.size)
    }
  }
  return end
}

function writeInitialValues(segment: Segment, memory: SegmentMemory, symbols: SymbolTable): void {
  for (const { name, fields } of segment.areas) {
    for (const field of fields) {
      if (field.init !== undefined) memory.set(symbols.resolve(`${name}.${field.name}`), field.init)
    }
  }
}

interface Encoding {
  readonly arch: Arch
  readonly address: number
  readonly memory: SegmentMemory
  readonly symbols: SymbolTable
  readonly token: bigint
}

const MOST_ARGUMENTS = 6

function encodeStep(step: Step, offset: number, encoding: Encoding): void {
  const { address, memory, symbols, token } = encoding
  const { args, store, onError = 'fail', whenEqual, whenDifferent, tolerate } = step
  checkStep(step)
  const next = step.next === undefined ? address + offset + STEP_SIZE : symbols.goTo(step.next)
  let flags = 0
  let at = offset
  for (const [index, argument] of args.entries()) {
    at += WORD_SIZE
    if (isLoad(argument)) flags |= LOAD_ARGUMENT(index)
    if (argument !== 0) memory.setWord(at, memory.valueOf(argument))
  }
  if (args.length < MOST_ARGUMENTS) memory.setWord(offset + MOST_ARGUMENTS * WORD_SIZE, token)
  memory.setWord(offset + 56, store === undefined ? HEAD.sink : symbols.resolve(store))
  memory.setWord(
    offset + 64,
    onError === 'continue' ? next : symbols.goTo(onError === 'fail' ? toFail : onError),
  )
  const jump = whenEqual ?? whenDifferent
  if (tolerate !== undefined) {
    flags |= JUMP_IF_EQUAL
    memory.setWord(offset + 72, -tolerate)
    memory.setWord(offset + 80, next)
  } else if (jump !== undefined) {
    flags |= whenEqual === undefined ? JUMP_IF_DIFFERENT : JUMP_IF_EQUAL
    if (isLoad(jump.value)) flags |= LOAD_OPERAND
    memory.setWord(offset + 72, memory.valueOf(jump.value))
    memory.setWord(offset + 80, symbols.goTo(jump))
  }
  memory.setWord(offset + 88, next)
  memory.setHalves(offset, numberOf(step, encoding.arch), flags)
}

const toFail: Goto = { goto: FAIL }

function checkStep({ syscall, args, tolerate, whenEqual, whenDifferent }: Step): void {
  if (args.length > MOST_ARGUMENTS) throw new Error(`${syscall} has more than six arguments`)
  const questions = Number(tolerate !== undefined) + Number(whenEqual !== undefined)
  if (questions + Number(whenDifferent !== undefined) > 1) {
    throw new Error(`${syscall} compares its result with more than one value`)
  }
}

function numberOf({ syscall }: Step, arch: Arch): number {
  const number = syscallNumber(syscall, arch)
  if (number === undefined) throw new Error(`${arch} has no system call ${syscall}`)
  return number
}
