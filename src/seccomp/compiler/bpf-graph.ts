// linux/bpf_common.h
/** BPF_LD | BPF_W | BPF_ABS: a 32-bit word of struct seccomp_data. */
export const LOAD = 0x20
/** BPF_ALU | BPF_AND | BPF_K. */
export const AND = 0x54
/** BPF_RET | BPF_K. */
export const RETURN = 0x06
/** BPF_JMP | BPF_JA. */
export const JUMP = 0x05
/** BPF_JMP | BPF_JEQ | BPF_K. */
export const JEQ = 0x15
/** BPF_JMP | BPF_JGT | BPF_K. */
export const JGT = 0x25
/** BPF_JMP | BPF_JGE | BPF_K. */
export const JGE = 0x35

/** One step of a loop-free program, with its successors. A branch has two successors, and a return has none. */
export interface Node {
  readonly id: number
  readonly code: number
  readonly k: number
  /** A branch has first the successor for a true test, then the successor for a false test. */
  readonly next: readonly Node[]
}

export type MakeNode = (code: number, k: number, next: readonly Node[]) => Node

/** Returns the same node for equal steps with equal successors. The program therefore contains equal code once. */
export function nodeMaker(): MakeNode {
  const known = new Map<string, Node>()
  return (code, k, next) => {
    const [yes, no] = next
    if (yes !== undefined && yes === no) return yes
    const key = `${code} ${k} ${yes?.id} ${no?.id}`
    const node = known.get(key) ?? { id: known.size, code, k, next }
    known.set(key, node)
    return node
  }
}
