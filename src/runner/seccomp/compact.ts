/** sizeof(struct sock_filter) of linux/filter.h: u16 code, u8 jt, u8 jf, u32 k. */
const INSTRUCTION_SIZE = 8

// linux/bpf_common.h
/** BPF_LD | BPF_W | BPF_ABS: a 32-bit word of struct seccomp_data. */
const LOAD = 0x20
/** BPF_ALU | BPF_AND | BPF_K. */
const AND = 0x54
/** BPF_RET | BPF_K. */
const RETURN = 0x06
/** BPF_JMP | BPF_JA. */
const JUMP = 0x05
/** BPF_JMP | BPF_JEQ | BPF_K. */
const JEQ = 0x15
/** BPF_JMP | BPF_JGT | BPF_K. */
const JGT = 0x25
/** BPF_JMP | BPF_JGE | BPF_K. */
const JGE = 0x35

// struct seccomp_data of linux/seccomp.h; what follows these two is the instruction pointer and
// the arguments.
const OFFSET_NR = 0
const OFFSET_ARCH = 4
const SECCOMP_DATA_SIZE = 64

/** The largest `jt` and `jf`. */
const FARTHEST = 0xff

/** One step of a loop-free program and what follows it: a branch has two, a return nothing. */
interface Node {
  readonly id: number
  readonly code: number
  readonly k: number
  /** Of a branch: when it holds, when it does not. */
  readonly next: readonly Node[]
  /** It or what follows it loads the call's number or architecture. */
  readonly looksAtCall: boolean
}

/** The calls from this number on do this, up to the next interval's start. */
interface Interval {
  readonly start: number
  readonly leaf: Node
}

type MakeNode = (code: number, k: number, next: readonly Node[]) => Node

const branches: Readonly<Record<number, (a: number, k: number) => boolean>> = {
  [JEQ]: (a, k) => a === k,
  [JGT]: (a, k) => a > k,
  [JGE]: (a, k) => a >= k,
}

/** Equal steps with equal successors are the same node, so that equal code is there once. */
function nodeMaker(): MakeNode {
  const known = new Map<string, Node>()
  return (code, k, next) => {
    const [yes, no] = next
    if (yes !== undefined && yes === no) return yes
    const key = [code, k, ...next.map(({ id }) => id)].join()
    const looksAtCall = (code === LOAD && k <= OFFSET_ARCH) || next.some((node) => node.looksAtCall)
    const node = known.get(key) ?? { id: known.size, code, k, next, looksAtCall }
    known.set(key, node)
    return node
  }
}

/** The offsets an instruction may continue at; `undefined` for one that is not known here. */
function successors(view: DataView, at: number): readonly number[] | undefined {
  const code = view.getUint16(at, true)
  const k = view.getUint32(at + 4, true)
  const after = (count: number) => at + (1 + count) * INSTRUCTION_SIZE
  if (code === RETURN) return []
  if (code === AND) return [after(0)]
  if (code === LOAD) return k % 4 === 0 && k < SECCOMP_DATA_SIZE ? [after(0)] : undefined
  if (code === JUMP) return [after(k)]
  if (!(code in branches)) return undefined
  return [after(view.getUint8(at + 2)), after(view.getUint8(at + 3))]
}

/** The first instruction's node; jumps only go forward, so the last instruction comes first. */
function read(program: Uint8Array, make: MakeNode): Node | undefined {
  if (program.length % INSTRUCTION_SIZE !== 0) return undefined
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength)
  const nodes = new Map<number, Node>()
  for (let at = program.length - INSTRUCTION_SIZE; at >= 0; at -= INSTRUCTION_SIZE) {
    const next: Node[] = []
    for (const offset of successors(view, at) ?? [-1]) {
      const node = nodes.get(offset)
      if (node === undefined) return undefined
      next.push(node)
    }
    const code = view.getUint16(at, true)
    const [target] = next
    const node = code === JUMP ? target : make(code, view.getUint32(at + 4, true), next)
    if (node !== undefined) nodes.set(at, node)
  }
  return nodes.get(0)
}

/** Every node from here on, each after those that follow it. */
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
 * Where the program stops asking for the number: at a return, or at the load of an argument.
 * `undefined` when it does anything else than to compare the number.
 */
function leafOf(start: Node, nr: number): Node | undefined {
  let a: number | undefined
  for (let node = start; ; ) {
    if (!node.looksAtCall && (node.code === RETURN || node.code === LOAD)) return node
    const holds = branches[node.code]
    let next: Node | undefined
    if (holds !== undefined && a !== undefined) next = node.next[holds(a, node.k) ? 0 : 1]
    if (node.code === LOAD && node.k === OFFSET_NR) {
      a = nr
      next = node.next[0]
    }
    if (next === undefined) return undefined
    node = next
  }
}

/**
 * What the program does for each number. It only compares the number with constants, so what it
 * does can change at such a constant and right after it, and nowhere else.
 */
function intervals(start: Node): readonly Interval[] | undefined {
  const breaks = new Set([0])
  for (const { code, k } of reachable(start)) {
    if (code in branches) breaks.add(k).add(Math.min(k + 1, 0xffffffff))
  }
  const found: Interval[] = []
  for (const nr of [...breaks].sort((a, b) => a - b)) {
    const leaf = leafOf(start, nr)
    if (leaf === undefined) return undefined
    if (leaf !== found.at(-1)?.leaf) found.push({ start: nr, leaf })
  }
  return found
}

/** A balanced binary search for the interval that the accumulator is in. */
function search(among: readonly Interval[], make: MakeNode): Node {
  const middle = among.length >>> 1
  const upper = among[middle] as Interval
  if (middle === 0) return upper.leaf
  const sides = [among.slice(middle), among.slice(0, middle)]
  return make(
    JGE,
    upper.start,
    sides.map((side) => search(side, make)),
  )
}

/** The same graph with a search for the number; `undefined` for one that libseccomp does not make. */
function searched(root: Node, make: MakeNode): Node | undefined {
  const [check] = root.next
  if (root.code !== LOAD || root.k !== OFFSET_ARCH || check?.code !== JEQ) return undefined
  const [native, foreign] = check.next
  if (native === undefined || foreign?.code !== RETURN) return undefined
  const among = intervals(native)
  if (among === undefined) return undefined
  const tree = search(among, make)
  const start = among.length === 1 ? tree : make(LOAD, OFFSET_NR, [tree])
  return make(LOAD, OFFSET_ARCH, [make(JEQ, check.k, [start, foreign])])
}

/** Writes from the last instruction to the first, so that every jump's target has its place. */
function write(root: Node): Uint8Array {
  const backwards: { code: number; jumps: readonly number[]; k: number }[] = []
  const places = new Map<Node, number>()
  const distance = (node: Node) => backwards.length - 1 - (places.get(node) as number)
  // A return is repeated where it is too far, to anything else there is a jump.
  const bring = (node: Node, within: number) => {
    const away = distance(node)
    if (away <= within) return
    const isReturn = node.code === RETURN
    backwards.push({ code: isReturn ? RETURN : JUMP, jumps: [], k: isReturn ? node.k : away })
    places.set(node, backwards.length - 1)
  }
  for (const node of reachable(root)) {
    const isBranch = node.next.length === 2
    // Bringing one of a branch's targets near moves the other away by an instruction.
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

/**
 * Makes an equivalent, shorter program of one that libseccomp made, in which the number of the call
 * is found by binary search instead of one comparison for every call that a rule names. The kernel
 * checks, translates and, for each number there is, interprets a filter when it is installed
 * (seccomp_prepare_filter() and seccomp_cache_prepare() of kernel/seccomp.c), so a shorter one is
 * installed sooner.
 *
 * The program is loop-free and decides by three things: the architecture, the number, the
 * arguments. A program that mixes these, or has an instruction that libseccomp does not make, is
 * given back unchanged, as is one that would not become shorter.
 *
 * @param program `struct sock_filter[]` of linux/filter.h, as seccomp(2) takes it
 */
export function compactFilter(program: Uint8Array): Uint8Array {
  const make = nodeMaker()
  const root = read(program, make)
  const compact = root && searched(root, make)
  if (compact === undefined) return program
  const written = write(compact)
  return written.length < program.length ? written : program
}
