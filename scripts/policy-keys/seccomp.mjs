/**
 * Of the seccomp filter.
 *
 * @type {import('./notes.mjs').KeyNotes}
 */
export const seccompNotes = {
  seccomp: {
    default: 'none: every call of the native architecture is let through',
    protects:
      "The kernel's surface: calls that programs under test have no use for, and bugs in them. Calls of another architecture (i386, x32) are never let through where there is a filter.",
    not: 'What allowed calls can do. It is the second wall, behind the namespaces.',
    example:
      'seccomp = { default = "allow", rules = [{ action = "kill", syscalls = ["socket"] }] }',
  },
  'seccomp.syscalls': {
    default: 'none',
    protects: 'As the rules do.',
    not: 'A newer C library, whose calls a fixed list does not name: prefer groups.',
    example: '[seccomp]\ndismatch_action = "allow"\nsyscalls = ["ptrace", "socket"]',
  },
  'seccomp.dismatch_action': {
    default: '`"kill_process"`',
    protects: 'As `default`.',
    not: '`allow` turns the list into that of the killed calls: what it forgets is let through.',
    example:
      '[seccomp]\ndismatch_action = "log"\nsyscalls = ["@io", "@file-system", "@memory", "@process", "@signal"]',
  },
  'seccomp.default': {
    default: '`"errno:ENOSYS"`',
    protects:
      'Calls that no rule foresaw; with ENOSYS a C library does without those that are new.',
    not: '`allow` and `log`: nothing.',
    example: '[seccomp]\ndefault = "allow"',
  },
  'seccomp.rules': {
    default: 'none',
    protects: 'See its keys.',
    not: 'Rules that an earlier one hides: the first that fits decides, without a warning.',
    example:
      '[seccomp]\ndefault = "allow"\nrules = [{ action = "errno:EACCES", syscalls = ["socket"] }]',
  },
  'seccomp.rules[].action': {
    default: 'none; needed',
    protects:
      '`kill` ends the run with the verdict `seccomp`; `errno:` lets the program go on without.',
    not: '`log` and `allow`: nothing.',
    example:
      '[seccomp]\ndefault = "allow"\n[[seccomp.rules]]\naction = "errno:EPERM"\nsyscalls = ["ptrace"]',
  },
  'seccomp.rules[].syscalls': {
    default: 'none; needed',
    protects: 'Typing errors: an unknown name is an error that says the nearest.',
    not: 'Other calls that do the same: deny `open` and there is `openat`. The groups have both.',
    example:
      '[seccomp]\ndefault = "allow"\n[[seccomp.rules]]\naction = "kill"\nsyscalls = ["@mount", "@namespace"]',
  },
  'seccomp.rules[].conditions': {
    default: 'none: the rule is about every such call',
    protects: 'Some uses of a call that is needed otherwise.',
    not: 'What an argument points to, such as a path: no filter can look there.',
    example:
      '[seccomp]\ndefault = "allow"\n[[seccomp.rules]]\naction = "kill"\nsyscalls = ["socket"]\nconditions = [{ arg = 0, op = "ne", value = "AF_UNIX" }]',
  },
  'seccomp.rules[].conditions[].arg': {
    unit: 'which argument, the first is 0',
    default: 'none; needed',
    protects: 'See `conditions`.',
    not: 'Pointers cannot be compared, nor arguments that a call does not have: both are errors.',
    example:
      '[seccomp]\ndefault = "allow"\n[[seccomp.rules]]\naction = "errno:EPERM"\nsyscalls = ["kill"]\nconditions = [{ arg = 0, value = 1 }]',
  },
  'seccomp.rules[].conditions[].op': {
    default: '`"eq"`; with a `mask`, `"masked_eq"`',
    protects: 'See `conditions`.',
    not: 'Signs: numbers are compared as unsigned.',
    example:
      '[seccomp]\ndefault = "allow"\n[[seccomp.rules]]\naction = "errno:ENOMEM"\nsyscalls = ["mmap"]\nconditions = [{ arg = 1, op = "gt", value = 0x10000000 }]',
  },
  'seccomp.rules[].conditions[].value': {
    unit: 'a number, or constants joined by `|`',
    default: 'none; needed',
    protects: "Magic numbers: constants have their header's names, on each architecture.",
    not: 'See `conditions`.',
    example:
      '[seccomp]\ndefault = "allow"\n[[seccomp.rules]]\naction = "kill"\nsyscalls = ["socket"]\nconditions = [{ arg = 0, value = "AF_NETLINK" }]',
  },
  'seccomp.rules[].conditions[].mask': {
    unit: 'as `value`',
    default: 'all bits that the kernel reads',
    protects: 'Other bits of a set of flags: only these must be as `value` says.',
    not: 'See `conditions`.',
    example:
      '[seccomp]\ndefault = "allow"\n[[seccomp.rules]]\naction = "errno:EPERM"\nsyscalls = ["ioctl"]\nconditions = [{ arg = 1, mask = 0xffffffff, value = "TIOCSTI" }]',
  },
}
