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
import {
  type Argument,
  type Data,
  DIE,
  FAIL,
  type Place,
  type Segment,
  type Step,
} from '../step.ts'

/** The addresses of labels and places. */
export type Symbols = ReadonlyMap<string, number>

/** A segment in its final form. */
export interface Assembled {
  readonly bytes: Uint8Array
  /** The address of the first byte, which is the first step's. */
  readonly address: number
  readonly steps: readonly Step[]
  /** Its own labels and places and those that it was given. */
  readonly symbols: Symbols
}

/**
 * Lays a segment out at an address and fills in every address it mentions. Pure: equal segments give
 * equal bytes.
 *
 * @param imported labels and places of a segment that is in memory already
 * @throws {Error} for a label or place that nobody defines, or that two define: a mistake in a plan
 */
export function assemble(
  segment: Segment,
  { arch, address, imported = new Map() }: { arch: Arch; address: number; imported?: Symbols },
): Assembled {
  const symbols = new Map(imported)
  const areaStart = address + segment.steps.length * STEP_SIZE
  defineLabels(segment, address, symbols)
  const areaEnd = defineAreas(segment, areaStart, symbols)
  const pool = new DataPool(areaEnd, symbols)
  const steps = new DataView(new ArrayBuffer(segment.steps.length * STEP_SIZE))
  segment.steps.forEach((step, index) => {
    encodeStep(step, { view: steps, offset: index * STEP_SIZE, address, arch, pool, symbols })
  })
  const bytes = new Uint8Array(pool.end - address)
  bytes.set(new Uint8Array(steps.buffer))
  for (const { name, fields } of segment.areas) {
    for (const field of fields) {
      const place = resolve(symbols, `${name}.${field.name}`)
      if (field.init !== undefined) bytes.set(field.init, place - address)
    }
  }
  pool.copyTo(bytes, areaEnd - address)
  return { bytes, address, steps: segment.steps, symbols }
}

function define(symbols: Map<string, number>, name: string, address: number): void {
  if (symbols.has(name)) throw new Error(`The launch program defines "${name}" twice`)
  symbols.set(name, address)
}

function resolve(symbols: Symbols, name: string): number {
  const address = symbols.get(name)
  if (address === undefined) throw new Error(`The launch program does not define "${name}"`)
  return address
}

function defineLabels(segment: Segment, address: number, symbols: Map<string, number>): void {
  segment.steps.forEach(({ label }, index) => {
    if (label !== undefined) define(symbols, label, address + index * STEP_SIZE)
  })
}

const align = (offset: number): number => (offset + 7) & ~7

function defineAreas(segment: Segment, start: number, symbols: Map<string, number>): number {
  let end = start
  for (const area of segment.areas) {
    for (const field of area.fields) {
      define(symbols, `${area.name}.${field.name}`, end)
      end += align(field.size)
    }
  }
  return end
}

/** Texts, bytes and arrays of addresses, one after another; equal texts are kept once. */
class DataPool {
  end: number
  readonly #symbols: Symbols
  readonly #chunks: Uint8Array[] = []
  readonly #texts = new Map<string, number>()

  constructor(start: number, symbols: Symbols) {
    this.end = start
    this.#symbols = symbols
  }

  addressOf(data: Data): number {
    if (data.kind === 'bytes') return this.#add(data.bytes)
    if (data.kind === 'words') return this.#addWords(data.words)
    const known = this.#texts.get(data.text)
    if (known !== undefined) return known
    const address = this.#add(Buffer.from(`${data.text}\0`))
    this.#texts.set(data.text, address)
    return address
  }

  copyTo(bytes: Uint8Array, offset: number): void {
    let position = offset
    for (const chunk of this.#chunks) {
      bytes.set(chunk, position)
      position += align(chunk.length)
    }
  }

  #addWords(values: readonly Argument[]): number {
    const view = new DataView(new ArrayBuffer(values.length * 8))
    values.forEach((value, index) => {
      if (typeof value === 'object' && value.kind === 'load') {
        throw new Error(`The launch program cannot load "${value.place}" into data`)
      }
      writeWord(view, index * 8, encodeArgument(value, this, this.#symbols))
    })
    return this.#add(new Uint8Array(view.buffer))
  }

  #add(chunk: Uint8Array): number {
    const address = this.end
    this.#chunks.push(chunk)
    this.end += align(chunk.length)
    return address
  }
}

function encodeArgument(argument: Argument, pool: DataPool, symbols: Symbols): number | bigint {
  if (typeof argument !== 'object') return argument
  if (argument.kind === 'at' || argument.kind === 'load') return resolve(symbols, argument.place)
  return pool.addressOf(argument)
}

const TWO_32 = 2 ** 32

// In two halves: most words are small numbers, and a BigInt for each would take most of the time.
function writeWord(view: DataView, offset: number, value: number | bigint): void {
  if (typeof value === 'bigint') {
    view.setBigInt64(offset, BigInt.asIntN(64, value), true)
    return
  }
  if (!Number.isSafeInteger(value)) throw new Error(`The launch program cannot encode ${value}`)
  view.setUint32(offset, value >>> 0, true)
  view.setInt32(offset + 4, Math.floor(value / TWO_32), true)
}

const isLoad = (value: Argument): value is Place =>
  typeof value === 'object' && value.kind === 'load'

interface Encoding {
  readonly view: DataView
  readonly offset: number
  readonly address: number
  readonly arch: Arch
  readonly pool: DataPool
  readonly symbols: Symbols
}

function encodeStep(step: Step, encoding: Encoding): void {
  const { view, offset, address, arch, pool, symbols } = encoding
  const word = (index: number, value: number | bigint): void =>
    writeWord(view, offset + index * 8, value)
  const goTo = (label: string): number => (label === DIE ? 0 : resolve(symbols, label))
  const following = address + offset + STEP_SIZE
  if (step.args.length > 6) throw new Error(`${step.syscall} has more than six arguments`)

  let flags = 0
  step.args.forEach((argument, index) => {
    if (isLoad(argument)) flags |= LOAD_ARGUMENT(index)
    word(1 + index, encodeArgument(argument, pool, symbols))
  })
  word(7, step.store === undefined ? HEAD.sink : resolve(symbols, step.store))
  const next = step.next === undefined ? following : goTo(step.next.goto)
  const onError = step.onError ?? 'fail'
  if (onError === 'continue') word(8, next)
  else word(8, goTo(onError === 'fail' ? FAIL : onError.goto))
  const jump = step.whenEqual ?? step.whenDifferent
  const questions = [step.tolerate, step.whenEqual, step.whenDifferent]
  if (questions.filter((question) => question !== undefined).length > 1) {
    throw new Error(`${step.syscall} compares its result with more than one value`)
  }
  if (step.tolerate !== undefined) {
    flags |= JUMP_IF_EQUAL
    word(9, -step.tolerate)
    word(10, next)
  } else if (jump !== undefined) {
    flags |= step.whenEqual === undefined ? JUMP_IF_DIFFERENT : JUMP_IF_EQUAL
    if (isLoad(jump.value as Argument)) flags |= LOAD_OPERAND
    word(9, encodeArgument(jump.value, pool, symbols))
    word(10, goTo(jump.goto))
  }
  word(11, next)
  const number = syscallNumber(step.syscall, arch)
  if (number === undefined) throw new Error(`${arch} has no system call ${step.syscall}`)
  view.setUint32(offset, number, true)
  view.setUint32(offset + 4, flags, true)
}
