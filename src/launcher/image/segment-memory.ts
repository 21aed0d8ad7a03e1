import { type Argument, DIE, type Goto, type Place } from '../step.ts'

/** The addresses of labels and places. */
export type Symbols = ReadonlyMap<string, number>

/** The addresses of a segment, each with one name. */
export class SymbolTable {
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

/** Rounds an offset up to a multiple of 8, because every field starts at such an offset. */
export const align = (offset: number): number => (offset + 7) & ~7

/** Whether an argument is the value in a place. */
export const isLoad = (value: Argument): value is Place =>
  typeof value === 'object' && value.kind === 'load'

const TWO_32 = 2 ** 32
/** The size of a word in bytes. */
export const WORD_SIZE = 8
/** UTF-8 needs at most three bytes for one UTF-16 code unit. */
const MOST_BYTES_PER_UNIT = 3

/**
 * The segment's bytes: steps and areas, and then the data that arguments point to. The class stores equal texts only
 * once.
 */
export class SegmentMemory {
  readonly #address: number
  readonly #symbols: SymbolTable
  readonly #texts = new Map<string, number>()
  #end: number
  #buffer: Buffer
  /**
   * The bytes of the buffer as 32-bit words. Gradebox supports only x64 and arm64, and both are little-endian.
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

  // Most words are small numbers. A conversion of every word to a BigInt would take most of the time.
  setWord(offset: number, value: number | bigint): void {
    if (typeof value === 'bigint') this.#buffer.writeBigInt64LE(BigInt.asIntN(64, value), offset)
    else if (Number.isSafeInteger(value)) this.setHalves(offset, value, Math.floor(value / TWO_32))
    else throw new Error(`The launch program cannot encode ${value}`)
  }

  /** An argument's 64-bit value: the number itself, the address of a place, or the address of its data. */
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

  // Makes room for `length` more bytes.
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
