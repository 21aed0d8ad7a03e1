// A simulator of the classic BPF that seccomp(2) accepts. Tests use it to find a filter's answer to a call.

import type { ArgumentTest } from '../../../src/seccomp/rules/argument-test.ts'

/** struct seccomp_data of linux/seccomp.h. */
export interface Call {
  readonly nr: number
  readonly arch: number
  readonly args: readonly bigint[]
}

// linux/audit.h
export const AUDIT_ARCH_I386 = 0x40000003
export const AUDIT_ARCH_X86_64 = 0xc000003e
export const AUDIT_ARCH_AARCH64 = 0xc00000b7

function encode({ nr, arch, args }: Call): DataView {
  const data = new DataView(new ArrayBuffer(64))
  data.setUint32(0, nr, true)
  data.setUint32(4, arch, true)
  args.forEach((arg, index) => {
    data.setBigUint64(16 + index * 8, arg, true)
  })
  return data
}

const jumps: Readonly<Record<number, (a: number, k: number) => boolean>> = {
  21: (a, k) => a === k,
  37: (a, k) => a > k,
  53: (a, k) => a >= k,
  69: (a, k) => (a & k) !== 0,
}

/** The SECCOMP_RET_… value that a filter returns for a call. */
export function simulate(program: Uint8Array, call: Call): number {
  const code = new DataView(program.buffer, program.byteOffset, program.byteLength)
  const data = encode(call)
  let a = 0
  for (let pc = 0; pc * 8 < program.length; pc++) {
    const op = code.getUint16(pc * 8, true)
    const k = code.getUint32(pc * 8 + 4, true)
    if (op === 0x20) a = data.getUint32(k, true)
    else if (op === 0x54) a = (a & k) >>> 0
    else if (op === 0x05) pc += k
    else if (op === 0x06) return k
    else {
      const jump = jumps[op]
      if (jump === undefined) throw new Error(`instruction ${pc}: unknown opcode ${op}`)
      pc += code.getUint8(pc * 8 + (jump(a, k) ? 2 : 3))
    }
  }
  throw new Error('the program ends without a return')
}

/** A SECCOMP_RET_… value in a policy's words. */
export function actionName(value: number): string {
  if (value === 0x7fff0000) return 'allow'
  if (value === 0x7ffc0000) return 'log'
  if (value === 0x7fc00000) return 'notify'
  if (value === 0x80000000) return 'kill'
  return value >>> 16 === 5 ? `errno ${value & 0xffff}` : value.toString(16)
}

/** Whether an argument of a call passes a test. */
export function passes({ op, value, mask }: ArgumentTest, argument: bigint): boolean {
  const compared = argument & mask
  switch (op) {
    case 'eq':
      return compared === value
    case 'ne':
      return compared !== value
    case 'lt':
      return compared < value
    case 'le':
      return compared <= value
    case 'gt':
      return compared > value
    case 'ge':
      return compared >= value
  }
}
