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
import {
  type Argument,
  DIE,
  FAIL,
  type Goto,
  type Place,
  type Segment,
  type Step,
} from '../step.ts'

/** The addresses of labels and places. */
export type Symbols = ReadonlyMap<string, number>

/** A segment in its final form. */
export interface Assembled {
  readonly bytes: Uint8Array
  /** The address of the first byte, where the first step is. */
  readonly address: number
  readonly steps: readonly Step[]
  /** Its own labels and places. */
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
  /** Labels and places of a segment that is already in memory. */
  readonly imported?: Symbols
  /** The sixth argument of each step that uses fewer than six. A filter recognizes the step by this argument. */
  readonly token?: bigint
}

/**
 * Lays out a segment at an address and fills in every address in it. Pure: equal segments give equal bytes.
 *
 * @throws {Error} for a label or place that is undefined, or defined twice: a mistake in a plan
 */
export const assemble = (segment: Segment, options: AssembleOptions): Assembled =>
  finish(assembleInPieces(segment, options))

/** Does the same as {@link assemble}, with pauses. */
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
  const memory = new Memory(address, end, symbols)
  writeInitialValues(segment, memory, symbols)
  const encoding = { arch, address, memory, symbols, token }
  for (const [index, step] of segment.steps.entries()) {
    encodeStep(step, index * STEP_SIZE, encoding)
    if (index % STEPS_PER_PIECE === STEPS_PER_PIECE - 1) yield
  }
  return { bytes: memory.bytes(), address, steps: segment.steps, symbols: symbols.own }
}

class SymbolTable {
  readonly own = new Map<string, number>()
  readonly #imported: Symbols

  constructor(imported: Symbols) {
    this.#imported = imported
  }

  define(name: string, address: number): void {
    if (this.own.has(name) || this.#imported.has(name)) {
      throw new Error(`The launch program defines "${name}" twice`)
    }
    this.own.set(name, address)
  }

  resolve(name: string): number {
    const address = this.own.get(name) ?? this.#imported.get(name)
    if (address !== undefined) return address
    throw new Error(`The launch program does not define "${name}"`)
  }

  /** The address of a step to go to. */
  goTo({ goto }: Goto): number {
    return goto === DIE ? 0 : this.resolve(goto)
  }
}

const align = (offset: number): number => (offset + 7) & ~7

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

function writeInitialValues(segment: Segment, memory: Memory, symbols: SymbolTable): void {
  for (const { name, fields } of segment.areas) {
    for (const field of fields) {
      if (field.init !== undefined) memory.set(symbols.resolve(`${name}.${field.name}`), field.init)
    }
  }
}

const TWO_32 = 2 ** 32
const WORD_SIZE = 8
/** A text's bytes are at most three times its UTF-16 code units. */
const MOST_BYTES_PER_UNIT = 3

/**
 * The segment's bytes: steps and areas, and then the data that arguments point to. Equal texts are stored
 * once.
 */
class Memory {
  readonly #address: number
  readonly #symbols: SymbolTable
  readonly #texts = new Map<string, number>()
  #end: number
  #buffer: Buffer
  /**
   * The same bytes as 32-bit words. Both machines are little-endian, as is every machine that runs this code.
   */
  #halves: Int32Array

  constructor(address: number, end: number, symbols: SymbolTable) {
    this.#address = address
    this.#symbols = symbols
    this.#end = end
    this.#buffer = Buffer.alloc((end - address) * 2)
    this.#halves = halvesOf(this.#buffer)
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#end - this.#address)
  }

  set(address: number, contents: Uint8Array): void {
    this.#buffer.set(contents, address - this.#address)
  }

  setHalves(offset: number, low: number, high: number): void {
    this.#halves[offset / 4] = low
    this.#halves[offset / 4 + 1] = high
  }

  // Most words are small numbers, and a BigInt for each would take most of the time.
  setWord(offset: number, value: number | bigint): void {
    if (typeof value === 'bigint') this.#buffer.writeBigInt64LE(BigInt.asIntN(64, value), offset)
    else if (Number.isSafeInteger(value)) this.setHalves(offset, value, Math.floor(value / TWO_32))
    else throw new Error(`The launch program cannot encode ${value}`)
  }

  /** An argument's 64-bit value: itself, a place's address, or that of its data. */
  valueOf(argument: Argument): number | bigint {
    if (typeof argument !== 'object') return argument
    switch (argument.kind) {
      case 'at':
      case 'load':
        return this.#symbols.resolve(argument.place)
      case 'bytes':
        return this.#add(argument.bytes)
      case 'offset':
        return this.#add(argument.bytes) - this.#address
      case 'words':
        return this.#addWords(argument.words)
      case 'text':
        return this.#addText(argument.text)
    }
  }

  #addText(text: string): number {
    const known = this.#texts.get(text)
    if (known !== undefined) return known
    const address = this.#end
    this.#grow(text.length * MOST_BYTES_PER_UNIT + 1)
    this.#end += align(this.#buffer.write(text, address - this.#address) + 1)
    this.#texts.set(text, address)
    return address
  }

  #addWords(words: readonly Argument[]): number {
    const values = words.map((word) => {
      if (!isLoad(word)) return this.valueOf(word)
      throw new Error(`The launch program cannot load "${word.place}" into data`)
    })
    const address = this.#reserve(values.length * WORD_SIZE)
    let offset = address - this.#address
    for (const value of values) {
      this.setWord(offset, value)
      offset += WORD_SIZE
    }
    return address
  }

  #add(contents: Uint8Array): number {
    const address = this.#reserve(contents.length)
    this.set(address, contents)
    return address
  }

  #reserve(length: number): number {
    const start = this.#end
    this.#grow(length)
    this.#end += align(length)
    return start
  }

  // Makes room for this many more bytes.
  #grow(length: number): void {
    const size = this.#end - this.#address + align(length)
    if (size <= this.#buffer.length) return
    const larger = Buffer.alloc(size * 2)
    larger.set(this.#buffer)
    this.#buffer = larger
    this.#halves = halvesOf(larger)
  }
}

const halvesOf = ({ buffer, byteOffset, length }: Buffer): Int32Array =>
  new Int32Array(buffer, byteOffset, length / 4)

const isLoad = (value: Argument): value is Place =>
  typeof value === 'object' && value.kind === 'load'

interface Encoding {
  readonly arch: Arch
  readonly address: number
  readonly memory: Memory
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
