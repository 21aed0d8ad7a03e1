import { SECCOMP_RET_ALLOW } from '../../linux/constants.ts'
import type { ArgumentTest } from '../rules/argument-test.ts'
import { AND, JEQ, JGE, JGT, LOAD, type MakeNode, type Node, RETURN } from './bpf-graph.ts'

/** The value SECCOMP_RET_… that a filter returns for a call that passes all of these tests. */
export interface Outcome {
  readonly value: number
  readonly tests: readonly ArgumentTest[]
}

/** The two successors of a branch. */
interface Ways {
  readonly yes: Node
  readonly no: Node
}

/** offsetof(struct seccomp_data, args), linux/seccomp.h. */
const ARGUMENTS_OFFSET = 16
const WORD = 0xffff_ffff

/** One half of an argument, and the value and mask to compare it with. */
interface Half {
  readonly offset: number
  readonly value: number
  readonly mask: number
}

// x86-64 and arm64 are little-endian: the low half is first.
function halves({ arg, value, mask }: ArgumentTest): { readonly high: Half; readonly low: Half } {
  const offset = ARGUMENTS_OFFSET + arg * 8
  const word = (bits: bigint) => Number(BigInt.asUintN(32, bits))
  return {
    low: { offset, value: word(value), mask: word(mask) },
    high: { offset: offset + 4, value: word(value >> 32n), mask: word(mask >> 32n) },
  }
}

/**
 * Makes the steps that choose the first outcome whose tests are all true.
 *
 * @param outcomes the last outcome has no test
 * @param ifOwn if this test is true, the filter allows a call that it would otherwise deny. Equal steps exist once, so
 *   the program contains this test once for each value, and not once for each call.
 */
export function choose(outcomes: readonly Outcome[], make: MakeNode, ifOwn?: ArgumentTest): Node {
  return outcomes.reduceRight<Node | undefined>((no, { value, tests }) => {
    const denied = make(RETURN, value, [])
    const isOwn = ifOwn !== undefined && value !== SECCOMP_RET_ALLOW
    const yes = isOwn
      ? branch(ifOwn, { yes: make(RETURN, SECCOMP_RET_ALLOW, []), no: denied }, make)
      : denied
    if (no === undefined) return yes
    return tests.reduceRight((then, test) => branch(test, { yes: then, no }, make), yes)
  }, undefined) as Node
}

function branch(test: ArgumentTest, { yes, no }: Ways, make: MakeNode): Node {
  const swapped = { yes: no, no: yes }
  switch (test.op) {
    case 'eq':
      return equal(test, { yes, no }, make)
    case 'ne':
      return equal(test, swapped, make)
    case 'gt':
      return above(test, JGT, { yes, no }, make)
    case 'ge':
      return above(test, JGE, { yes, no }, make)
    case 'le':
      return above(test, JGT, swapped, make)
    case 'lt':
      return above(test, JGE, swapped, make)
  }
}

function masked({ offset, mask }: Half, then: Node, make: MakeNode): Node {
  return make(LOAD, offset, [mask === WORD ? then : make(AND, mask, [then])])
}

function equal(test: ArgumentTest, { yes, no }: Ways, make: MakeNode): Node {
  const { high, low } = halves(test)
  return [low, high].reduce((then, half) => {
    if (half.mask === 0) return then
    return masked(half, make(JEQ, half.value, [then, no]), make)
  }, yes)
}

// Tests whether the argument is above the value, or with JGE, whether it is not below the value. The test compares the
// low halves only if the high halves are equal.
function above(test: ArgumentTest, code: number, { yes, no }: Ways, make: MakeNode): Node {
  const { high, low } = halves(test)
  const byLow = masked(low, make(code, low.value, [yes, no]), make)
  if (high.mask === 0) return byLow
  return masked(high, make(JGT, high.value, [yes, make(JEQ, high.value, [byLow, no])]), make)
}
