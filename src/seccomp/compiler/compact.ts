import type { ArgumentTest } from '../rules/argument-test.ts'
import {
  AND,
  JEQ,
  JGE,
  JGT,
  JUMP,
  LOAD,
  type MakeNode,
  type Node,
  nodeMaker,
  RETURN,
} from './bpf-graph.ts'
import { choose, type Outcome } from './choose-outcome.ts'

/** sizeof(struct sock_filter) of linux/filter.h: u16 code, u8 jt, u8 jf, u32 k. */
const INSTRUCTION_SIZE = 8

/** sizeof(struct seccomp_data) of linux/seccomp.h. */
const SECCOMP_DATA_SIZE = 64

/** The largest `jt` and `jf`. */
const FARTHEST = 0xff
/** The largest number of visits of one search. A longer search is not worth its time. */
const MOST_VISITS = 4096
/** The number of values of a word. */
const WORDS = 2 ** 32

/** The values of a loaded word from `start` to below the next interval's start. All these values lead to `leaf`. */
interface Interval {
  readonly start: number
  readonly leaf: Node
}

/**
 * A step that the program reaches with a word from `start` to below `end`. The step compares the bits of `mask`.
 */
interface Visit {
  readonly node: Node
  readonly mask: number
  readonly start: number
  readonly end: number
}

/** Every node reachable from the root, each after its successors. */
function reachable(root: Node): Set<Node> {
  const done = new Set<Node>()
  const path = [root]
  for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
    const pending = node.next.findLast((each) => !done.has(each))
    if (pending !== undefined) path.push(pending)
    else {
      done.add(node)
      path.pop()
    }
  }
  return done
}

/**
 * Divides a visit to a branch into parts with one successor each, and adds the parts to `ahead`, the lowest part last.
 * The mask has only the highest bits. The masked word therefore grows with the word, and passes each constant once.
 */
function split({ node, mask, start, end }: Visit, ahead: Visit[]): void {
  const { code, k } = node
  const [yes, no] = node.next as [Node, Node]
  const step = WORDS - mask
  const reached = Math.ceil(k / step) * step
  const passed = (Math.floor(k / step) + 1) * step
  const put = (next: Node, from: number, to: number) => {
    const part = { node: next, mask, start: Math.max(from, start), end: Math.min(to, end) }
    if (part.start < part.end) ahead.push(part)
  }
  const holdsFrom = code === JGT ? passed : reached
  const holdsTo = code === JEQ ? passed : WORDS
  put(no, holdsTo, WORDS)
  put(yes, holdsFrom, holdsTo)
  put(no, 0, holdsFrom)
}

/**
 * Adds the successors of a visit to `ahead`. Returns false at a return, and at a step that loads another word.
 */
function follow(visit: Visit, word: number, ahead: Visit[]): boolean {
  const { start, end } = visit
  const { code, k, next } = visit.node
  const [node] = next
  if (node === undefined || (code === LOAD && k !== word)) return false
  if (code === LOAD) ahead.push({ node, mask: WORDS - 1, start, end })
  else if (code === AND) ahead.push({ node, mask: (visit.mask & k) >>> 0, start, end })
  else split(visit, ahead)
  return true
}

/**
 * Follows the program from a load, for all values of the word together, until the program returns or loads another
 * word. Returns `undefined` when the program tests single bits, or when a search would not be shorter.
 */
function intervals(load: Node): readonly Interval[] | undefined {
  const found: Interval[] = []
  const steps = new Set<Node>()
  let visits = 0
  const ahead: Visit[] = [{ node: load, mask: WORDS - 1, start: 0, end: WORDS }]
  for (let visit = ahead.pop(); visit !== undefined; visit = ahead.pop()) {
    const { node, mask, start } = visit
    const isOfHighestBits = (~mask & (~mask + 1)) === 0
    if (!isOfHighestBits) return undefined
    if (follow(visit, load.k, ahead)) {
      steps.add(node)
      if (++visits > MOST_VISITS) return undefined
    } else if (node !== found.at(-1)?.leaf) found.push({ start, leaf: node })
  }
  return found.length <= steps.size ? found : undefined
}

/** A balanced binary search for the interval of the loaded word. */
function search(among: readonly Interval[], make: MakeNode): Node {
  const [first, second, third] = among as [Interval, ...Interval[]]
  if (second === undefined) return first.leaf
  const isException = among.length === 3 && first.leaf === third?.leaf
  if (isException && third.start - second.start === 1) {
    return make(JEQ, second.start, [second.leaf, first.leaf])
  }
  const middle = among.length >>> 1
  const sides = [among.slice(middle), among.slice(0, middle)] as const
  const [above, below] = sides.map((side) => search(side, make)) as [Node, Node]
  return make(JGE, (among[middle] as Interval).start, [above, below])
}

/** Replaces the comparisons after a load by a search, if the search is shorter. */
export function searched(load: Node, make: MakeNode): Node {
  const among = intervals(load)
  if (among === undefined) return load
  const tree = search(among, make)
  return among.length === 1 ? tree : make(LOAD, load.k, [tree])
}

/** The number of instructions that a jump skips; `undefined` for a code that libseccomp does not make. */
function skips(code: number, k: number, jt: number, jf: number): readonly number[] | undefined {
  if (code === RETURN) return []
  if (code === JUMP) return [k]
  if (code === JEQ || code === JGT || code === JGE) return [jt, jf]
  const isStep = code === AND || (code === LOAD && k % 4 === 0 && k < SECCOMP_DATA_SIZE)
  return isStep ? [0] : undefined
}

// The node of a return, or the steps that replace the return.
function returned(value: number, make: MakeNode, { outcomes: all, ifOwn }: Decided): Node {
  const outcomes = all.get(value)
  if (outcomes === undefined) return make(RETURN, value, [])
  const root = choose(outcomes, make, ifOwn)
  return root.code === LOAD ? searched(root, make) : root
}

/** The node of the first instruction. Jumps only go forward, so the function reads the last instruction first. */
function read(program: Uint8Array, make: MakeNode, decided: Decided): Node | undefined {
  if (program.length % INSTRUCTION_SIZE !== 0) return undefined
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength)
  const backwards: Node[] = []
  for (let at = program.length - INSTRUCTION_SIZE; at >= 0; at -= INSTRUCTION_SIZE) {
    const code = view.getUint16(at, true)
    const k = view.getUint32(at + 4, true)
    const skipped = skips(code, k, view.getUint8(at + 2), view.getUint8(at + 3))
    const next = skipped?.map((count) => backwards[backwards.length - 1 - count])
    if (!next?.every((node) => node !== undefined)) return undefined
    if (code === RETURN) backwards.push(returned(k, make, decided))
    else if (code === JUMP) backwards.push(next[0] as Node)
    else {
      const node = make(code, k, next)
      backwards.push(code === LOAD ? searched(node, make) : node)
    }
  }
  return backwards.at(-1)
}

/**
 * Writes the instructions of a program from the last to the first. The target of every jump then has its place already.
 */
export function write(root: Node): Uint8Array {
  const backwards: { code: number; jumps: readonly number[]; k: number }[] = []
  const places = new Map<Node, number>()
  const distance = (node: Node) => backwards.length - 1 - (places.get(node) as number)
  // Brings a node within reach of a jump. If the node is too far away, the function repeats a return, or adds a jump.
  const bring = (node: Node, within: number) => {
    const away = distance(node)
    if (away <= within) return
    const isReturn = node.code === RETURN
    backwards.push({ code: isReturn ? RETURN : JUMP, jumps: [], k: isReturn ? node.k : away })
    places.set(node, backwards.length - 1)
  }
  for (const node of reachable(root)) {
    const isBranch = node.next.length === 2
    // An instruction that is added for one target moves a branch's other target away by one, so the limit is one less.
    for (const each of node.next) bring(each, isBranch ? FARTHEST - 1 : 0)
    const jumps = isBranch ? node.next.map(distance) : []
    backwards.push({ code: node.code, jumps, k: node.k })
    places.set(node, backwards.length - 1)
  }
  const view = new DataView(new ArrayBuffer(backwards.length * INSTRUCTION_SIZE))
  backwards.reverse().forEach(({ code, jumps, k }, index) => {
    const at = index * INSTRUCTION_SIZE
    view.setUint16(at, code, true)
    jumps.forEach((jump, side) => {
      view.setUint8(at + 2 + side, jump)
    })
    view.setUint32(at + 4, k, true)
  })
  return new Uint8Array(view.buffer)
}

/** The replacements of returns. */
export interface Decided {
  /** The outcomes, by the value of the return that they replace. */
  readonly outcomes: ReadonlyMap<number, readonly Outcome[]>
  /** If this test is true, the filter allows the call, whatever its outcome is. */
  readonly ifOwn?: ArgumentTest
}

/**
 * Shortens a program of libseccomp, and replaces returns by steps that decide by a call's arguments.
 *
 * When the kernel installs a filter, it checks and translates the filter, and runs the filter for each call number. See
 * seccomp_prepare_filter() and seccomp_cache_prepare() of kernel/seccomp.c. A shorter filter therefore installs sooner.
 * A filter is loop-free. It mostly compares a word of struct seccomp_data (the architecture, the call's number, half of
 * an argument) with one constant after another. The result depends only on the interval of the word. A binary search
 * finds this interval in fewer steps. The function does not change a program that would not become shorter, or that
 * contains an instruction that libseccomp does not make.
 *
 * @param program `struct sock_filter[]` of linux/filter.h, as seccomp(2) takes it
 * @throws {RangeError} for an instruction that libseccomp does not make, if there is a return to replace
 */
export function compactFilter(
  program: Uint8Array,
  decided: Decided = { outcomes: new Map() },
): Uint8Array {
  const root = read(program, nodeMaker(), decided)
  if (root === undefined) {
    if (decided.outcomes.size === 0) return program
    throw new RangeError('this version of libseccomp makes filters that cannot be read')
  }
  const compact = write(root)
  return decided.outcomes.size > 0 || compact.length < program.length ? compact : program
}
