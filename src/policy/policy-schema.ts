import { types } from 'node:util'
import * as v from 'valibot'
import { alternatives, show, unknownName } from '../errors/problem.ts'
import { groupRequirements } from '../limits/table.ts'
import { limitDescriptions } from './policy-limits.ts'
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

/** A key that may be absent, and what it is, for the JSON Schema and the documentation. */
function key<Schema extends v.GenericSchema>(schema: Schema, about: string) {
  return v.optional(v.pipe(schema, v.description(about)))
}

const absolutePath = v.pipe(
  text,
  v.startsWith('/', expected('an absolute path')),
  v.check((path) => !path.includes('\0'), 'expected a path without NUL characters'),
  v.check((path) => !path.split('/').includes('..'), expected('a path without ".."')),
)

const target = v.pipe(
  absolutePath,
  v.check(
    (path) => path.split('/').some((name) => name !== '' && name !== '.'),
    expected('a path below "/"'),
  ),
  v.description('Absolute path in the sandbox.'),
)

const amount = v.union([v.number(), v.string()], expected('a number, or text with a unit'))

const mount = strictTable({
  source: key(
    text,
    'A bind or overlay: the path on the host. A symlink: its text. A tmpfs has none; hakoniwa wants one and ignores it.',
  ),
  target,
  type: key(oneOf(['bind', 'overlay', 'tmpfs', 'symlink']), 'What it is; default bind.'),
  fstype: key(oneOf(['bind', 'tmpfs']), "hakoniwa's name for type."),
  rw: key(flag, 'Whether the program may change what is bound; default false.'),
  optional: key(flag, 'Whether a missing source is left out; default false: an error.'),
  noexec: key(flag, 'Whether no program in it can be executed; default false.'),
  size: key(amount, 'Size of a tmpfs: bytes, or text such as "64MiB"; default the disk limit.'),
  inodes: key(v.number(expected('a whole number above 0')), 'Files and directories of a tmpfs.'),
})

const file = strictTable({
  target,
  // Not `instanceof`: under Jest bytes can come from another realm.
  contents: v.pipe(
    v.custom<string | Uint8Array>(
      (value) => typeof value === 'string' || types.isUint8Array(value),
      expected('text or bytes'),
    ),
    v.description('What is in it.'),
  ),
})

const variableName = v.pipe(text, v.regex(/^[^=\0]+$/, expected('a name without "=" and NUL')))

const environment = openTable(
  variableName,
  v.pipe(text, v.regex(/^[^\0]*$/, 'expected text without NUL characters')),
)

const operand = v.union([v.number(), v.string()], expected('a number or the name of a constant'))

const condition = strictTable({
  arg: v.pipe(v.number(expected('an argument from 0 to 5')), v.description('Which, 0 to 5.')),
  op: key(oneOf(['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'masked_eq']), 'How; default eq.'),
  value: v.pipe(operand, v.description('A number, or constants: "CLONE_VM|CLONE_FS".')),
  mask: key(operand, 'The bits that are compared; the op is then masked_eq.'),
})

const syscalls = v.array(text, expected('a list of system calls and groups'))

const rule = strictTable({
  action: v.pipe(text, v.description('allow, kill, log, or errno:NAME.')),
  syscalls: v.pipe(syscalls, v.description('System calls, and groups such as @io.')),
  conditions: key(
    v.array(condition, expected('a list of conditions')),
    'What must hold of the arguments, all of it.',
  ),
})

const seccomp = strictTable({
  syscalls: key(syscalls, "hakoniwa's form: the calls that are let through, or with allow killed."),
  dismatch_action: key(
    oneOf(['kill_process', 'log', 'allow']),
    "hakoniwa's form: what happens on the other calls; default kill_process.",
  ),
  default: key(text, 'What happens on a call that no rule is about; default errno:ENOSYS.'),
  rules: key(
    v.array(rule, expected('a list of rules')),
    'The first rule that names a call, and whose conditions hold, decides.',
  ),
})

const hostname = v.pipe(
  text,
  v.regex(/^[\w.-]{1,64}$/, expected('1 to 64 letters, digits, dots and hyphens')),
)

const workdir = strictTable({
  mode: key(
    oneOf(['copy-on-write', 'read-only', 'read-write']),
    'How a run shows its working directory when it does not say; default copy-on-write.',
  ),
  target: v.optional(
    v.pipe(target, v.description('Where it is, and where programs start; default /work.')),
  ),
})

const limits = strictTable(
  Object.fromEntries(
    Object.entries(limitDescriptions).map(([name, about]) => [name, key(amount, about)]),
  ),
)

/**
 * The shape of a policy, in a TOML file and as an object in code: hakoniwa 0.5's keys and ours. Types,
 * checks and policies/policy.schema.json come from here. What one key means for another is checked in
 * layer.ts and merge.ts, limits in limits.ts, the names in seccomp rules in seccomp/check.ts.
 */
export const policySchema = strictTable({
  extends: key(text, 'The policy that this one changes: a shipped name, or a path from this file.'),
  description: key(text, 'What the policy is for.'),
  share_net: key(flag, "hakoniwa's form of network: true is host, false is loopback."),
  share_uts: key(flag, "Whether the program has the host's name; default false."),
  share_env: key(
    v.array(variableName, expected('a list of variables')),
    "Variables whose values come from the host, when it has them, in place of env's.",
  ),
  uid: key(id, 'The user id that the program sees; default 1000.'),
  gid: key(id, 'The group id that the program sees; default 1000.'),
  hostname: key(hostname, 'The name that the program sees; default gradebox.'),
  network: key(
    oneOf(['none', 'loopback', 'host']),
    "none; loopback, a network of its own; host, the machine's. Default loopback.",
  ),
  proc: key(oneOf(['full', 'pid', 'none']), '/proc: full, only processes, or none; default full.'),
  terminal: key(flag, 'Whether the program can make pseudo-terminals; default false.'),
  mounts: key(v.array(mount, expected('a list of mounts')), 'What the program sees of the host.'),
  files: key(v.array(file, expected('a list of files')), 'Files that are written for each run.'),
  workdir: key(workdir, 'The working directory.'),
  env: key(environment, 'The environment; nothing else is inherited.'),
  limits: key(limits, 'What the program may use. A bare time is whole seconds, a bare size bytes.'),
  require: key(
    v.array(
      oneOf([...groupRequirements, 'isolation:full', 'isolation:nested']),
      expected('a list of limits and how they must be held'),
    ),
    'Limits that must be held by a control group (cgroup v2); where they cannot be, nothing is run.',
  ),
  seccomp: key(seccomp, 'Which system calls it may make; without this table all.'),
})

/** A policy as it is written. */
export type RawPolicy = v.InferOutput<typeof policySchema>
export type RawMount = v.InferOutput<typeof mount>
export type RawSeccomp = v.InferOutput<typeof seccomp>
