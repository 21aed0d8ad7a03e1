import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type TestContext, test } from 'vitest'
import * as constants from '../../../src/linux/constants.ts'

const HEADERS = [
  'asm-generic/fcntl.h',
  'linux/fcntl.h',
  'linux/memfd.h',
  'linux/stat.h',
  'linux/mount.h',
  'linux/openat2.h',
  'linux/sched.h',
  'linux/prctl.h',
  'linux/securebits.h',
  'linux/capability.h',
  'linux/seccomp.h',
  'linux/wait.h',
  'linux/resource.h',
  'linux/time.h',
  'linux/keyctl.h',
  'linux/if.h',
  'linux/sockios.h',
  'asm-generic/ioctls.h',
  'asm-generic/socket.h',
  'asm-generic/resource.h',
  'asm-generic/signal.h',
  'asm-generic/errno-base.h',
  'asm-generic/poll.h',
  'asm-generic/mman-common.h',
]

function includeDirectory(ctx: TestContext): string {
  const directory = '/usr/include'
  if (existsSync(join(directory, 'linux/mount.h'))) return directory
  const reason = 'the kernel headers are missing: apt-get install linux-libc-dev'
  console.warn(`SKIPPED: ${ctx.task.name}: ${reason}`)
  return ctx.skip(reason)
}

/** The numbers that kernel headers define: `#define NAME value` and `NAME = value,`. */
function definitions(directory: string): Map<string, number> {
  const found = new Map<string, number>()
  for (const header of HEADERS) {
    if (!existsSync(join(directory, header))) continue
    const source = readFileSync(join(directory, header), 'utf8')
    const lines = /^(?:#\s*define\s+)?\s*(\w+)(?:\s+|\s*=\s*)(\(?[-\w\s<]+\)?),?\s*(?:\/\*.*)?$/gm
    for (const [, name = '', text = ''] of source.matchAll(lines)) {
      const value = evaluate(text)
      if (value !== undefined) found.set(name, value)
    }
  }
  return found
}

/** A literal, perhaps shifted: `00000100`, `0x0001U`, `(1 << 13)`. */
function evaluate(text: string): number | undefined {
  const numbers = /^\(?\s*(\w+)\s*(?:<<\s*(\d+)\s*)?\)?$/.exec(text.trim())
  const digits = /^(0x[0-9a-f]+|\d+)[ul]*$/i.exec(numbers?.[1] ?? '')?.[1]
  if (digits === undefined) return undefined
  const base = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits)
  return base * 2 ** Number(numbers?.[2] ?? 0)
}

test('a constant has the value of its kernel header', (ctx) => {
  const known = definitions(includeDirectory(ctx))
  const pairs = Object.entries(constants).flatMap(([name, value]) => {
    const defined = known.get(name)
    return typeof value === 'number' && defined !== undefined ? [{ name, value, defined }] : []
  })
  expect(pairs.filter(({ value, defined }) => value !== defined)).toEqual([])
  expect(pairs.length).toBeGreaterThan(80)
})

test('the locked secure bits are those that kernels of any age know', (ctx) => {
  const header = definitions(includeDirectory(ctx))
  const names = [
    'NOROOT',
    'NOROOT_LOCKED',
    'NO_SETUID_FIXUP',
    'NO_SETUID_FIXUP_LOCKED',
    'KEEP_CAPS_LOCKED',
    'NO_CAP_AMBIENT_RAISE',
    'NO_CAP_AMBIENT_RAISE_LOCKED',
  ]
  const bits = names.map((name) => header.get(`SECURE_${name}`))
  expect(bits).toEqual([0, 1, 2, 3, 5, 6, 7])
  const expected = bits.reduce<number>((sum, bit) => sum | (1 << (bit ?? 31)), 0)
  expect(constants.SECBIT_ALL_LOCKED.toString(2)).toBe(expected.toString(2))
})
