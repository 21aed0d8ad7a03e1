import { types } from 'node:util'
import * as v from 'valibot'
import { limitKeys } from './limits.ts'
import { alternatives, show, unknownName } from './problem.ts'
import { openTable, strictTable } from './strict-table.ts'

const expected = (what: string) => (issue: { readonly input: unknown }) =>
  `expected ${what}, got ${show(issue.input)}`

const text = v.string(expected('text'))
const flag = v.boolean(expected('true or false'))

// 4294967295 is (uid_t) -1, which means "no change" to the kernel.
const id = v.pipe(
  v.number(expected('a whole number from 0 to 4294967294')),
  v.integer(expected('a whole number from 0 to 4294967294')),
  v.minValue(0, expected('a whole number from 0 to 4294967294')),
  v.maxValue(4294967294, expected('a whole number from 0 to 4294967294')),
)

function oneOf<const Words extends readonly string[]>(words: Words) {
  return v.picklist(words, (issue) =>
    typeof issue.input === 'string'
      ? unknownName('value', issue.input, words)
      : expected(alternatives(words.map((word) => `"${word}"`)))(issue),
  )
}

const absolutePath = v.pipe(
  text,
  v.startsWith('/', expected('an absolute path')),
  v.check((path) => !path.includes('\0'), 'expected a path without NUL characters'),
  v.check((path) => !path.split('/').includes('..'), expected('a path without ".."')),
)

const target = v.pipe(
  absolutePath,
  v.check((path) => /[^/.]/.test(path.replaceAll('/./', '/')), expected('a path below "/"')),
)

const amount = v.union([v.number(), v.string()], expected('a number, or text with a unit'))

const mount = strictTable({
  /** Ignored for a tmpfs, which has none. */
  source: v.optional(text),
  target,
  fstype: v.optional(oneOf(['bind', 'tmpfs'])),
  rw: v.optional(flag),
  optional: v.optional(flag),
  /** Of a tmpfs: bytes, or text such as `64MiB`. */
  size: v.optional(amount),
})

const file = strictTable({
  target,
  // Not `instanceof`: under Jest bytes can come from another realm.
  contents: v.custom<string | Uint8Array>(
    (value) => typeof value === 'string' || types.isUint8Array(value),
    expected('text or bytes'),
  ),
})

const environment = openTable(
  v.pipe(text, v.regex(/^[^=\0]+$/, expected('a name without "=" and NUL'))),
  v.pipe(text, v.regex(/^[^\0]*$/, 'expected text without NUL characters')),
)

const operand = v.union([v.number(), v.string()], expected('a number or the name of a constant'))

const condition = strictTable({
  arg: v.number(expected('an argument from 0 to 5')),
  op: v.optional(oneOf(['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'masked_eq'])),
  value: operand,
  mask: v.optional(operand),
})

const syscalls = v.array(text, expected('a list of system calls and groups'))

const rule = strictTable({
  action: text,
  syscalls,
  conditions: v.optional(v.array(condition, expected('a list of conditions'))),
})

const seccomp = strictTable({
  // hakoniwa's form
  syscalls: v.optional(syscalls),
  dismatch_action: v.optional(oneOf(['kill_process', 'log', 'allow'])),
  // ours
  default: v.optional(text),
  rules: v.optional(v.array(rule, expected('a list of rules'))),
})

const hostname = v.pipe(
  text,
  v.regex(/^[\w.-]{1,64}$/, expected('1 to 64 letters, digits, dots and hyphens')),
)

/**
 * The shape of a policy, in a TOML file and as an object in code: hakoniwa 0.5's keys and ours.
 * What one key means for another is checked in normalize.ts, limits in limits.ts, the names in
 * seccomp rules in seccomp/check.ts.
 */
export const policySchema = strictTable({
  description: v.optional(text),
  share_net: v.optional(flag),
  share_uts: v.optional(flag),
  uid: v.optional(id),
  gid: v.optional(id),
  hostname: v.optional(hostname),
  network: v.optional(oneOf(['none', 'loopback', 'host'])),
  proc: v.optional(oneOf(['full', 'pid', 'none'])),
  mounts: v.optional(v.array(mount, expected('a list of mounts'))),
  files: v.optional(v.array(file, expected('a list of files'))),
  env: v.optional(environment),
  limits: v.optional(
    strictTable(Object.fromEntries(limitKeys.map((key) => [key, v.optional(amount)]))),
  ),
  seccomp: v.optional(seccomp),
})

/** A policy as it is written. */
export type RawPolicy = v.InferOutput<typeof policySchema>
export type RawMount = v.InferOutput<typeof mount>
export type RawSeccomp = v.InferOutput<typeof seccomp>
