/**
 * The notes on the seccomp filter.
 *
 * @type {import('./notes.mjs').KeyNotes}
 */
export const seccompNotes = {
  seccomp: {
    default: 'none: the kernel accepts every call of the native architecture',
    protects:
      'Attacks through calls that programs under test do not need, and through kernel bugs in those calls. A filter never allows calls of another architecture (i386, x32).',
    not: 'Attacks through allowed calls. The filter is the second protection, after the namespaces.',
    example:
      'seccomp = { default = "allow", rules = [{ action = "kill", syscalls = ["socket"] }] }',
  },
  'seccomp.syscalls': {
    default: 'none',
    protects: 'The same dangers as `seccomp.rules`.',
    not: 'A newer C library, whose calls a fixed list does not name. Prefer groups.',
    example: '[seccomp]\ndismatch_action = "allow"\nsyscalls = ["ptrace", "socket"]',
  },
  'seccomp.dismatch_action': {
    default: '`"kill_process"`',
    protects: 'See `default`.',
    not: '`allow` turns the list into a list of denied calls: the filter allows every call that you forget.',
    example:
      '[seccomp]\ndismatch_action = "log"\nsyscalls = ["@io", "@file-system", "@memory", "@process", "@signal"]',
  },
  'seccomp.default': {
    default: '`"errno:ENOSYS"`',
    protects: 'Calls that no rule foresaw. With ENOSYS a C library falls back to older calls.',
    not: '`allow` and `log` protect from nothing.',
    example: '[seccomp]\ndefault = "allow"',
  },
  'seccomp.rules': {
    default: 'none',
    protects: 'See its keys.',
    not: 'Mistakes in the order of rules: the first rule that fits decides, without a warning.',
    example:
      '[seccomp]\ndefault = "allow"\nrules = [{ action = "errno:EACCES", syscalls = ["socket"] }]',
  },
  'seccomp.rules[].action': {
    default: 'none; required',
    protects:
      'The denied calls. `kill` ends the run with the verdict `seccomp`; after `errno:` the program continues.',
    not: '`log` and `allow` protect from nothing.',
    example:
      '[seccomp]\ndefault = "allow"\n[[seccomp.rules]]\naction = "errno:EPERM"\nsyscalls = ["ptrace"]',
  },
  'seccomp.rules[].syscalls': {
    default: 'none; required',
    protects: 'Typing errors: an unknown name is an error that suggests the nearest name.',
    not: 'Other calls that do the same: if you deny `open`, `openat` remains. The groups have both.',
    example:
      '[seccomp]\ndefault = "allow"\n[[seccomp.rules]]\naction = "kill"\nsyscalls = ["@mount", "@namespace"]',
  },
  'seccomp.rules[].conditions': {
    default: 'none: the rule fits every such call',
    protects: 'Some uses of a call whose other uses programs need.',
    not: 'The memory that an argument points to, such as a path: no filter can read it.',
    example:
      '[seccomp]\ndefault = "allow"\n[[seccomp.rules]]\naction = "kill"\nsyscalls = ["socket"]\nconditions = [{ arg = 0, op = "ne", value = "AF_UNIX" }]',
  },
  'seccomp.rules[].conditions[].arg': {
    unit: 'the position of the argument; the first is 0',
    default: 'none; required',
    protects:
      'See `conditions`. A condition on a pointer, or on an argument that the call does not have, is an error.',
    not: '',
    example:
      '[seccomp]\ndefault = "allow"\n[[seccomp.rules]]\naction = "errno:EPERM"\nsyscalls = ["kill"]\nconditions = [{ arg = 0, value = 1 }]',
  },
  'seccomp.rules[].conditions[].op': {
    default: '`"eq"`; with a `mask`, `"masked_eq"`',
    protects: 'See `conditions`.',
    not: 'Negative numbers: the filter compares numbers as unsigned.',
    example:
      '[seccomp]\ndefault = "allow"\n[[seccomp.rules]]\naction = "errno:ENOMEM"\nsyscalls = ["mmap"]\nconditions = [{ arg = 1, op = "gt", value = 0x10000000 }]',
  },
  'seccomp.rules[].conditions[].value': {
    unit: 'a number, or constants joined by `|`',
    default: 'none; required',
    protects:
      "Magic numbers: constants have their names from the kernel's headers, on each architecture.",
    not: 'See `conditions`.',
    example:
      '[seccomp]\ndefault = "allow"\n[[seccomp.rules]]\naction = "kill"\nsyscalls = ["socket"]\nconditions = [{ arg = 0, value = "AF_NETLINK" }]',
  },
  'seccomp.rules[].conditions[].mask': {
    unit: 'a number, or constants joined by `|`',
    default: 'all bits that the kernel reads',
    protects: 'Other bits of a set of flags: the filter ignores them.',
    not: 'See `conditions`.',
    example:
      '[seccomp]\ndefault = "allow"\n[[seccomp.rules]]\naction = "errno:EPERM"\nsyscalls = ["ioctl"]\nconditions = [{ arg = 1, mask = 0xffffffff, value = "TIOCSTI" }]',
  },
}
