/**
 * The notes on all keys except mounts, limits and seccomp.
 *
 * @type {import('./notes.mjs').KeyNotes}
 */
export const generalNotes = {
  extends: {
    default: 'the policy extends none',
    protects: 'Copies of a policy that drift apart: this policy gets every change of the other.',
    not: 'A base policy that is looser than it seems. A policy can replace or cover parts of its base, but cannot remove them.',
    example: 'extends = "strict"',
  },
  description: {
    default: 'empty',
    protects: 'Nothing: only people read the description.',
    not: '',
    example: 'description = "Exercise 3: no files but the course\'s data."',
  },
  share_net: {
    default: '`network` decides',
    protects: 'See `network`.',
    not: 'See `network`. If a policy has both keys, they must agree.',
    example: 'share_net = false',
  },
  share_uts: {
    default: '`false`',
    protects: "`false`: the program does not learn the machine's name.",
    not: 'Other traces of the machine: /proc/cpuinfo, its kernel, its clock.',
    example: 'share_uts = true',
  },
  share_env: {
    default: 'none',
    protects: 'Secrets in the environment: only the named variables get in.',
    not: 'A secret in a named variable: the program can print it.',
    example: 'share_env = ["LANG", "TZ"]',
  },
  uid: {
    default: '1000',
    protects: 'Nothing: to the kernel the program is never root, whatever id it sees.',
    not: 'Programs that refuse to run as root, if you set `uid = 0`. No other id exists in the sandbox.',
    example: 'uid = 0',
  },
  gid: {
    default: '1000',
    protects: 'Nothing: see `uid`.',
    not: 'See `uid`.',
    example: 'gid = 100',
  },
  hostname: {
    default: '`gradebox`',
    protects: 'Output that differs from machine to machine.',
    not: 'Anything else: it is only a name. `share_uts` overrides it.',
    example: 'hostname = "exam"',
  },
  terminal: {
    default: '`false`: there is no /dev/ptmx',
    protects:
      "`false`: attacks on the kernel's code for terminals, and use of its 4096 pseudo-terminals. A sandbox may have 64 of them.",
    not: "Attacks on other parts of the kernel. The terminals are the sandbox's own, not the host's, and the standard streams stay pipes.",
    example: 'terminal = true',
  },
  network: {
    default: '`"loopback"`',
    protects:
      '`none` and `loopback`: access to the network and to the services of the machine, including abstract Unix sockets.',
    not: '`host` protects from nothing. With any value a program can reach a Unix socket in a mounted directory, unless seccomp denies `connect`.',
    example: 'network = "none"',
  },
  proc: {
    default: '`"full"`',
    protects:
      '`pid` and `none`: the program learns nothing about the machine from /proc. At the isolation level `full`, every value shows only the processes of the sandbox. docs/isolation.md has the other levels.',
    not: 'System calls that return the same facts, such as `sysinfo`. `none` breaks programs that read /proc/self: the JVM, Go, `ps`.',
    example: 'proc = "pid"',
  },
  env: {
    default: 'empty',
    protects:
      'Leaks of tokens and settings: the program gets no variable of the user who runs the tests.',
    not: "A wrong program: Gradebox looks up a command without a slash in the PATH of `env`. Without a PATH, Gradebox looks in the C library's default directories, such as /usr/local/bin.",
    example: '[env]\nPATH = "/usr/local/bin:/usr/bin:/bin"',
  },
}
