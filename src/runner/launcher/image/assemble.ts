import { syscallNumber } from '../../../ffi/syscalls.ts'
import {
  HEAD,
  JUMP_IF_DIFFERENT,
  JUMP_IF_EQUAL,
  LOAD_ARGUMENT,
  LOAD_OPERAND,
  STEP_SIZE,
} from '../machine/layout.ts'
import type { Arch } from '../machine/machine.ts'
import { type Argument, DIE, FAIL, type Place, type Segment, type Step } from '../step.ts'

/** The addresses of labels and places. */
export type Symbols = ReadonlyMap<string, number>

/** A segment in its final form. */
export interface Assembled {
  readonly bytes: Uint8Array
  /** The address of the first byte, which is the first step's. */
  readonly address: number
  readonly steps: readonly Step[]
  /** Its own labels and places. */
  readonly symbols: Symbols
}

const noSymbols: Symbols = new Map()

/**
 * Lays a segment out at an address and fills in every address it mentions. Pure: equal segments give
 * equal bytes.
 *
 * @param imported labels and places of a segment that is in memory already
 * @throws {Error} for a label or place that nobody defines, or that two define: a mistake in a plan
 */
export function assemble(
  segment: Segment,
  { arch, address, imported = noSymbols }: { arch: Arch; address: number; imported?: Symbols },
): Assembled {
  const symbols = new SymbolTable(imported)
  segment.steps.forEach(({ label }, index) => {
    if (label !== undefined) symbols.define(label, address + index * STEP_SIZE)
  })
  const end = defineAreas(segment, address + segment.steps.length * STEP_SIZE, symbols)
  const memory = new Memory(address, end, symbols)
  writeInitialValues(segment, memory, symbols)
  segment.steps.forEach((step, index) => {
    encodeStep(step, { offset: index * STEP_SIZE, arch, memory, symbols })
  })
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
const SPARE = 16 * 1024

/**
 * The segment's bytes: steps and areas, and after them the data that arguments point to. Equal texts
 * are kept once.
 */
class Memory {
  readonly #address: number
  readonly #symbols: SymbolTable
  readonly #texts = new Map<string, number>()
  #end: number
  #buffer: Buffer

  constructor(address: number, end: number, symbols: SymbolTable) {
    this.#address = address
    this.#symbols = symbols
    this.#end = end
    this.#buffer = Buffer.alloc(end - address + SPARE)
  }

  /** The address of an offset into the segment. */
  addressOf(offset: number): number {
    return this.#address + offset
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#end - this.#address)
  }

  set(address: number, contents: Uint8Array): void {
    this.#buffer.set(contents, address - this.#address)
  }

  setUint32(offset: number, value: number): void {
    this.#buffer.writeUInt32LE(value, offset)
  }

  // In two halves: most words are small numbers, and a BigInt for each would take most of the time.
  setWord(offset: number, value: number | bigint): void {
    if (typeof value === 'bigint') {
      this.#buffer.writeBigInt64LE(BigInt.asIntN(64, value), offset)
      return
    }
    if (!Number.isSafeInteger(value)) throw new Error(`The launch program cannot encode ${value}`)
    this.#buffer.writeUInt32LE(value >>> 0, offset)
    this.#buffer.writeInt32LE(Math.floor(value / TWO_32), offset + 4)
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
      case 'words':
        return this.#addWords(argument.words)
      case 'text':
        return this.#addText(argument.text)
    }
  }

  #addText(text: string): number {
    const known = this.#texts.get(text)
    if (known !== undefined) return known
    const address = this.#reserve(Buffer.byteLength(text) + 1)
    this.#buffer.write(text, address - this.#address)
    this.#texts.set(text, address)
    return address
  }

  #addWords(words: readonly Argument[]): number {
    const values = words.map((word) => {
      if (!isLoad(word)) return this.valueOf(word)
      throw new Error(`The launch program cannot load "${word.place}" into data`)
    })
    const address = this.#reserve(values.length * 8)
    values.forEach((value, index) => {
      this.setWord(address - this.#address + index * 8, value)
    })
    return address
  }

  #add(contents: Uint8Array): number {
    const address = this.#reserve(contents.length)
    this.set(address, contents)
    return address
  }

  #reserve(length: number): number {
    const start = this.#end
    this.#end += align(length)
    const size = this.#end - this.#address
    if (size > this.#buffer.length) {
      const larger = Buffer.alloc(size * 2)
      larger.set(this.#buffer)
      this.#buffer = larger
    }
    return start
  }
}

const isLoad = (value: Argument): value is Place =>
  typeof value === 'object' && value.kind === 'load'

interface Encoding {
  readonly offset: number
  readonly arch: Arch
  readonly memory: Memory
  readonly symbols: SymbolTable
}

function encodeStep(step: Step, { offset, arch, memory, symbols }: Encoding): void {
  checkStep(step)
  const word = (index: number, value: number | bigint) => memory.setWord(offset + index * 8, value)
  const goTo = (label: string): number => (label === DIE ? 0 : symbols.resolve(label))
  let flags = 0
  step.args.forEach((argument, index) => {
    if (isLoad(argument)) flags |= LOAD_ARGUMENT(index)
    if (argument !== 0) word(1 + index, memory.valueOf(argument))
  })
  const next = step.next === undefined ? memory.addressOf(offset + STEP_SIZE) : goTo(step.next.goto)
  const onError = step.onError ?? 'fail'
  word(7, step.store === undefined ? HEAD.sink : symbols.resolve(step.store))
  if (onError === 'continue') word(8, next)
  else word(8, goTo(onError === 'fail' ? FAIL : onError.goto))
  const jump = step.whenEqual ?? step.whenDifferent
  if (step.tolerate !== undefined) {
    flags |= JUMP_IF_EQUAL
    word(9, -step.tolerate)
    word(10, next)
  } else if (jump !== undefined) {
    flags |= step.whenEqual === undefined ? JUMP_IF_DIFFERENT : JUMP_IF_EQUAL
    if (isLoad(jump.value)) flags |= LOAD_OPERAND
    word(9, memory.valueOf(jump.value))
    word(10, goTo(jump.goto))
  }
  word(11, next)
  memory.setUint32(offset, numberOf(step, arch))
  memory.setUint32(offset + 4, flags)
}

function checkStep({ syscall, args, tolerate, whenEqual, whenDifferent }: Step): void {
  if (args.length > 6) throw new Error(`${syscall} has more than six arguments`)
  const questions = [tolerate, whenEqual, whenDifferent]
  if (questions.filter((question) => question !== undefined).length > 1) {
    throw new Error(`${syscall} compares its result with more than one value`)
  }
}

function numberOf({ syscall }: Step, arch: Arch): number {
  const number = syscallNumber(syscall, arch)
  if (number === undefined) throw new Error(`${arch} has no system call ${syscall}`)
  return number
}
