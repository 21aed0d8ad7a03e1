/**
 * Of everything but mounts, limits and seccomp.
 *
 * @type {import('./notes.mjs').KeyNotes}
 */
export const generalNotes = {
  extends: {
    default: 'nothing: a policy of its own',
    protects: 'Copies of a policy that grow apart: what the other gains, this one gains.',
    not: 'An other that is looser than it seems. Nothing of it can be taken away, only replaced or covered.',
    example: 'extends = "strict"',
  },
  description: {
    default: 'empty',
    protects: 'Nothing; it is for people.',
    not: '',
    example: 'description = "Exercise 3: no files but the course\'s data."',
  },
  share_net: {
    default: '`network` decides',
    protects: 'As `network` does.',
    not: 'As `network`. Said together, the two must agree.',
    example: 'share_net = false',
  },
  share_uts: {
    default: '`false`',
    protects: "`false`: a program learns nothing of the machine's name.",
    not: 'Other traces of the machine: /proc/cpuinfo, its kernel, its clock.',
    example: 'share_uts = true',
  },
  share_env: {
    default: 'none',
    protects: 'Secrets in the environment: only what is named gets in.',
    not: 'A secret that is named: the program can print it.',
    example: 'share_env = ["LANG", "TZ"]',
  },
  uid: {
    default: '1000',
    protects: 'Nothing: to the kernel the program is never root, whatever it sees.',
    not: 'Programs that refuse to run as root, with `uid = 0`. Only this one id exists inside.',
    example: 'uid = 0',
  },
  gid: {
    default: '1000',
    protects: 'Nothing, as `uid`.',
    not: 'As `uid`.',
    example: 'gid = 100',
  },
  hostname: {
    default: '`gradebox`',
    protects: 'Output that differs from machine to machine.',
    not: 'Anything else: it is a name. With `share_uts` it is not used.',
    example: 'hostname = "exam"',
  },
  terminal: {
    default: '`false`: there is no /dev/ptmx',
    protects:
      "`false`: the kernel's code for terminals, and its 4096 pseudo-terminals, of which each sandbox may have 64.",
    not: "Nothing of the host's: the terminals are the sandbox's own. The standard streams stay pipes.",
    example: 'terminal = true',
  },
  network: {
    default: '`"loopback"`',
    protects:
      'The network and the services of the machine, abstract Unix sockets among them: `none` and `loopback` have neither.',
    not: '`host`: nothing of that. A Unix socket in a directory that a mount shows can be reached with any of them, unless seccomp denies `connect`.',
    example: 'network = "none"',
  },
  proc: {
    default: '`"full"`',
    protects:
      '`pid` and `none`: a program learns nothing of the machine from /proc. In all of them the processes are those of the sandbox.',
    not: 'The system calls that tell the same, such as `sysinfo`. `none` breaks programs that read /proc/self: the JVM, Go, `ps`.',
    example: 'proc = "pid"',
  },
  env: {
    default: 'empty',
    protects: "Tokens and settings of whoever runs the tests: no variable of the host's gets in.",
    not: 'A command without a slash is looked up in the PATH given here: without one in /usr/local/bin and the like, as the C library does.',
    example: '[env]\nPATH = "/usr/local/bin:/usr/bin:/bin"',
  },
}
