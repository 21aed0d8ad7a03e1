import { types } from 'node:util'
import * as v from 'valibot'
import { groupRequirements } from '../limits/table.ts'
import { limitDescriptions } from './policy-limits.ts'
import { expected, key, oneOf } from './schema-parts.ts'
import { openTable, strictTable } from './strict-table.ts'

const text = v.string(expected('text'))
const flag = v.boolean(expected('true or false'))

// 4294967295 is (uid_t) -1, which means "no change" to the kernel.
const id = v.pipe(
  v.number(expected('a whole number from 0 to 4294967294')),
  v.integer(expected('a whole number from 0 to 4294967294')),
  v.minValue(0, expected('a whole number from 0 to 4294967294')),
  v.maxValue(4294967294, expected('a whole number from 0 to 4294967294')),
)

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
    'For a bind or overlay: the path on the host. For a symlink: the text of the link. A tmpfs has none; hakoniwa requires one and ignores it.',
  ),
  target,
  type: key(oneOf(['bind', 'overlay', 'tmpfs', 'symlink']), 'The kind of mount; default bind.'),
  fstype: key(oneOf(['bind', 'tmpfs']), "hakoniwa's name for type."),
  rw: key(flag, 'Whether the program may change the bound files; default false.'),
  optional: key(
    flag,
    'Whether Gradebox skips the mount when its source is missing; default false: an error.',
  ),
  noexec: key(flag, 'Whether programs in the mount cannot be executed; default false.'),
  size: key(amount, 'Size of a tmpfs: bytes, or text such as "64MiB"; default the disk limit.'),
  inodes: key(
    v.number(expected('a whole number above 0')),
    'The largest number of files and directories in a tmpfs.',
  ),
})

const file = strictTable({
  target,
  // The check does not use `instanceof`, because under Jest bytes can come from another realm.
  contents: v.pipe(
    v.custom<string | Uint8Array>(
      (value) => typeof value === 'string' || types.isUint8Array(value),
      expected('text or bytes'),
    ),
    v.description("The file's contents."),
  ),
})

const variableName = v.pipe(text, v.regex(/^[^=\0]+$/, expected('a name without "=" and NUL')))

const environment = openTable(
  variableName,
  v.pipe(text, v.regex(/^[^\0]*$/, 'expected text without NUL characters')),
)

const operand = v.union([v.number(), v.string()], expected('a number or the name of a constant'))

const condition = strictTable({
  arg: v.pipe(
    v.number(expected('an argument from 0 to 5')),
    v.description('The number of the argument, 0 to 5.'),
  ),
  op: key(oneOf(['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'masked_eq']), 'The comparison; default eq.'),
  value: v.pipe(operand, v.description('A number, or names of constants: "CLONE_VM|CLONE_FS".')),
  mask: key(operand, 'The bits to compare; the op is then masked_eq.'),
})

const syscalls = v.array(text, expected('a list of system calls and groups'))

const rule = strictTable({
  action: v.pipe(text, v.description('allow, kill, log, or errno:NAME.')),
  syscalls: v.pipe(syscalls, v.description('System calls, and groups such as @io.')),
  conditions: key(
    v.array(condition, expected('a list of conditions')),
    'Conditions on the arguments; all of them must hold.',
  ),
})

const seccomp = strictTable({
  syscalls: key(
    syscalls,
    "hakoniwa's form: the allowed calls. With dismatch_action allow, the calls for which the filter kills.",
  ),
  dismatch_action: key(
    oneOf(['kill_process', 'log', 'allow']),
    "hakoniwa's form: the action for all other calls; default kill_process.",
  ),
  default: key(text, 'The action for a call that no rule names; default errno:ENOSYS.'),
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
    'How the program sees the working directory, unless the call says otherwise; default copy-on-write.',
  ),
  target: v.optional(
    v.pipe(
      target,
      v.description('The path of the working directory, where programs start; default /work.'),
    ),
  ),
})

const limits = strictTable(
  Object.fromEntries(
    Object.entries(limitDescriptions).map(([name, about]) => [name, key(amount, about)]),
  ),
)

/**
 * The shape of a policy, in a TOML file and as an object in code: hakoniwa 0.5's keys and Gradebox's own. Types, checks
 * and policies/policy.schema.json derive from this schema. layer.ts and merge-layers.ts check keys against each other.
 * policy-limits.ts checks limits, and seccomp/rules/rule-problems.ts checks the names in seccomp rules.
 */
export const policySchema = strictTable({
  extends: key(text, 'The policy that this one changes: a shipped name, or a path from this file.'),
  description: key(text, 'The purpose of the policy.'),
  share_net: key(flag, "hakoniwa's form of network: true means host, false means loopback."),
  share_uts: key(flag, "Whether the program has the host's name; default false."),
  share_env: key(
    v.array(variableName, expected('a list of variables')),
    "Variables that the program gets from the host. The host's value replaces the value in env.",
  ),
  uid: key(id, 'The user id that the program sees; default 1000.'),
  gid: key(id, 'The group id that the program sees; default 1000.'),
  hostname: key(hostname, 'The name that the program sees; default gradebox.'),
  network: key(
    oneOf(['none', 'loopback', 'host']),
    "none; loopback: a network of the sandbox's own; host: the machine's network. Default loopback.",
  ),
  proc: key(
    oneOf(['full', 'pid', 'none']),
    'How much of /proc the program sees: full, only processes (pid), or none; default full.',
  ),
  terminal: key(flag, 'Whether the program can make pseudo-terminals; default false.'),
  mounts: key(
    v.array(mount, expected('a list of mounts')),
    'The parts of the host that the program sees.',
  ),
  files: key(
    v.array(file, expected('a list of files')),
    'Files that Gradebox writes for each run.',
  ),
  workdir: key(workdir, 'The working directory.'),
  env: key(environment, 'The environment; the program inherits no other variable.'),
  limits: key(
    limits,
    'The amounts that the program may use. A time without a unit is whole seconds, and a size without a unit is bytes.',
  ),
  require: key(
    v.array(
      oneOf([...groupRequirements, 'isolation:full', 'isolation:nested']),
      expected('a list of limits and how they must be held'),
    ),
    'Limits that a control group must hold, and the weakest isolation; without them Gradebox runs nothing.',
  ),
  seccomp: key(
    seccomp,
    'The system calls that the program may make; all of them without this table.',
  ),
})

/** A policy as its author writes it. */
export type RawPolicy = v.InferOutput<typeof policySchema>
export type RawMount = v.InferOutput<typeof mount>
export type RawSeccomp = v.InferOutput<typeof seccomp>
