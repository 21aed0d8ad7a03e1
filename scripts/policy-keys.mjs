/**
 * What the reference in docs/policies.md says of a policy's keys besides what the schema says: unit,
 * default, what a key protects from, what not, and an example.
 *
 * @typedef {{ unit?: string, default: string, protects: string, not: string, example: string }} KeyNote
 * @type {Readonly<Record<string, KeyNote>>}
 */
export const keyNotes = {
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
  mounts: {
    default: 'none: no program can even be found',
    protects: "The host's files: what is not mounted does not exist in the sandbox.",
    not: 'What is mounted: everything below a source can be read, as far as modes allow. Do not mount `/`, `/home` or a solution.',
    example: 'mounts = [{ source = "/usr", target = "/usr" }]',
  },
  'mounts[].source': {
    default: 'none; needed but for a tmpfs',
    protects:
      'Typing errors: a source that is missing is an error, where hakoniwa goes on without.',
    not: 'A source that changes while a program runs: a bind shows what is there now. A source that is a symbolic link is resolved before the program starts: name nothing inside a directory that programs may write, for they may have put a link there.',
    example: '[[mounts]]\nsource = "/srv/course data/ä"\ntarget = "/data"',
  },
  'mounts[].target': {
    default: 'none; needed',
    protects:
      'Mounts in unexpected places: `/`, relative paths, `..` and a way through a symbolic link are refused.',
    not: 'A target that hides what a program needs: an inner mount is made after the outer one, and of the same target the later counts.',
    example: '[[mounts]]\nsource = "/srv/tests"\ntarget = "/opt/tests"',
  },
  'mounts[].type': {
    default: '`"bind"`',
    protects:
      "`overlay`: the host's directory, of which the program may change everything it sees. `tmpfs`: whatever it covers.",
    not: "A host directory that changes while an overlay shows it: what a program sees then is undefined. As root, and where a copy is needed, every file of an overlay costs time in each run: it is for directories of a course's size, not for /usr.",
    example: '[[mounts]]\ntype = "overlay"\nsource = "/srv/template"\ntarget = "/project"',
  },
  'mounts[].fstype': {
    default: '`"bind"`',
    protects: 'As `type`.',
    not: 'As `type`.',
    example: '[[mounts]]\nsource = ""\ntarget = "/tmp"\nfstype = "tmpfs"\nrw = true',
  },
  'mounts[].rw': {
    default: '`false`: read-only, with all that is mounted below the source',
    protects: "`false`: the host's files, from every change, also of modes and times.",
    not: '`true`: nothing of that. Runs see what other runs wrote, and no limit holds what is written there in sum.',
    example: '[[mounts]]\nsource = "/srv/cache"\ntarget = "/cache"\nrw = true',
  },
  'mounts[].optional': {
    default: '`false`',
    protects: 'Nothing.',
    not: 'Programs that need the source. Only one that is missing is left out; one that cannot be read is an error still.',
    example: '[[mounts]]\nsource = "/lib32"\ntarget = "/lib32"\noptional = true',
  },
  'mounts[].noexec': {
    default: '`false`',
    protects:
      "`execve` of what is in it, and mapping a library from it: a student's binary, say, in a policy for scripts.",
    not: 'Interpreters, which read a script there as any file.',
    example: '[[mounts]]\nsource = "/srv/data"\ntarget = "/data"\nnoexec = true',
  },
  'mounts[].size': {
    unit: 'bytes, or text with a unit',
    default: "the tmpfs is part of the sandbox's own, which `limits.disk` holds",
    protects: "The machine's memory, which a tmpfs takes.",
    not: 'The sum: a tmpfs with a size of its own comes on top of `limits.disk`.',
    example: '[[mounts]]\ntype = "tmpfs"\ntarget = "/scratch"\nsize = "16MiB"',
  },
  'mounts[].inodes': {
    unit: 'files and directories, its own root among them',
    default: 'as many as half of the memory has pages',
    protects: 'The memory that a flood of empty files takes, which have no size.',
    not: 'What is in the files.',
    example: '[[mounts]]\ntype = "tmpfs"\ntarget = "/scratch"\ninodes = 1000',
  },
  files: {
    default: 'none',
    protects:
      "Host files that would be mounted only for a few lines: /etc/passwd with the machine's users.",
    not: 'Changes: in the read-only root they cannot be changed; in a writable directory (/tmp, the working directory) they can.',
    example: 'files = [{ target = "/etc/motd", contents = "Good luck!\\n" }]',
  },
  'files[].target': {
    default: 'none; needed',
    protects: 'A way through a symbolic link, which is refused. Whatever has the name is replaced.',
    not: 'A target in a bind that is `rw`: the file is written on the host.',
    example: '[[files]]\ntarget = "/work/input.txt"\ncontents = "1 2 3\\n"',
  },
  'files[].contents': {
    unit: 'text in a file; text or bytes (`Uint8Array`) in code',
    default: 'none; needed',
    protects: 'Nothing.',
    not: 'A program that reads it: put no expected output here.',
    example: '[[files]]\ntarget = "/usr/local/bin/hello"\ncontents = "#!/bin/sh\\necho hello\\n"',
  },
  workdir: {
    default: 'a working directory at /work, copy-on-write',
    protects: 'See its keys.',
    not: '',
    example: 'workdir = { mode = "read-only", target = "/home/student" }',
  },
  'workdir.mode': {
    default: '`"copy-on-write"`',
    protects: "`copy-on-write` and `read-only`: the submission's directory on the host.",
    not: '`read-write`: the directory itself is changed, and no limit holds what is written there in sum.',
    example: 'workdir.mode = "read-only"',
  },
  'workdir.target': {
    default: '`"/work"`',
    protects:
      'Nothing; it is a place. Programs start there unless `cwd` says otherwise, and where `HOME` is `/work`, it follows.',
    not: 'What it covers: at `/usr` there are no programs left.',
    example: 'workdir.target = "/home/student"',
  },
  env: {
    default: 'empty',
    protects: "Tokens and settings of whoever runs the tests: no variable of the host's gets in.",
    not: 'A command without a slash is looked up in the PATH given here: without one in /usr/local/bin and the like, as the C library does.',
    example: '[env]\nPATH = "/usr/local/bin:/usr/bin:/bin"',
  },
  limits: {
    default: 'none: nothing is limited',
    protects: 'See its keys.',
    not: "What no key names: memory bandwidth, heat, the kernel's own work for the program.",
    example: '[limits]\nwalltime = "2s"\nmemory = "64MiB"',
  },
  'limits.walltime': {
    unit: 'time',
    default: 'none',
    protects:
      'Programs that hang, sleep or wait for input. The kernel holds it, also while Node is busy.',
    not: 'A slow machine: it counts real time. Set-up and clean-up do not count.',
    example: 'limits.walltime = "1.5s"',
  },
  'limits.cpu': {
    unit: 'time',
    default: 'none',
    protects: 'Endless loops, on a busy machine too: time in which others ran does not count.',
    not: 'Programs that sleep. How exactly the whole tree is held depends on the machine: see the README.',
    example: 'limits.cpu = "2s"',
  },
  'limits.memory': {
    unit: 'size',
    default: 'none',
    protects: "The machine's memory.",
    not: 'Without a cgroup: many processes, each of which may have that much; `processes` bounds the product. Files in a tmpfs: `disk`.',
    example: 'limits.memory = "64MiB"',
  },
  'limits.output': {
    unit: 'size',
    default: 'none',
    protects: 'The memory of the test runner, which keeps what a program prints.',
    not: 'Output into files, and streams that are `inherit` or `ignore`.',
    example: 'limits.output = "1MiB"',
  },
  'limits.fileSize': {
    unit: 'size',
    default: 'none',
    protects: 'A single large file, also on the host where a mount is `rw`.',
    not: 'Many files: `disk`.',
    example: 'limits.fileSize = "16MiB"',
  },
  'limits.disk': {
    unit: 'size',
    default: "half of the memory, which is the kernel's own limit",
    protects:
      'The memory that /work, /tmp, /dev/shm, overlays and copies take, and the number of their files.',
    not: 'Mounts that are `rw`, and tmpfs with a `size` of their own.',
    example: 'limits.disk = "64MiB"',
  },
  'limits.stack': {
    unit: 'size',
    default: "the host's",
    protects: 'Endless recursion, which ends in SIGSEGV sooner.',
    not: "Memory in general. A new thread's stack has this size too, so a large one makes threads dear.",
    example: 'limits.stack = "8MiB"',
  },
  'limits.addressSpace': {
    unit: 'size',
    default: 'none',
    protects: 'Memory that is mapped but not written to.',
    not: 'Use `memory` for memory. Java, Go and Node reserve many GiB and do not start with less.',
    example: 'limits.addressSpace = "4GiB"',
  },
  'limits.processes': {
    unit: 'processes and threads together',
    default: 'none',
    protects: 'Fork bombs.',
    not: 'What few processes do. Run-times need some: node eleven, a JVM some twenty.',
    example: 'limits.processes = 16',
  },
  'limits.openFiles': {
    unit: 'descriptors of one process',
    default: "the host's",
    protects: "The kernel's memory for open files.",
    not: 'Many processes, each of which may have that many.',
    example: 'limits.openFiles = 64',
  },
  'limits.core': {
    unit: 'size',
    default: "the host's",
    protects: 'Core files in the working directory of a program that crashes.',
    not: 'A host whose core_pattern starts with a pipe: such a program gets every core, whatever its size (core(5)).',
    example: 'limits.core = 0',
  },
  'limits.as': {
    default: 'none',
    unit: 'size',
    protects: 'As `addressSpace`.',
    not: 'As `addressSpace`.',
    example: 'limits.as = 4294967296',
  },
  'limits.fsize': {
    default: 'none',
    unit: 'size',
    protects: 'As `fileSize`.',
    not: 'As `fileSize`.',
    example: 'limits.fsize = 1048576',
  },
  'limits.nofile': {
    default: "the host's",
    unit: 'descriptors of one process',
    protects: 'As `openFiles`.',
    not: 'As `openFiles`.',
    example: 'limits.nofile = 64',
  },
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
    not: 'All 64 bits are compared, also where the kernel reads 32: use a `mask` there.',
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
    default: 'all bits',
    protects: 'Upper halves that a program fills so that a comparison fails.',
    not: 'See `conditions`.',
    example:
      '[seccomp]\ndefault = "allow"\n[[seccomp.rules]]\naction = "errno:EPERM"\nsyscalls = ["ioctl"]\nconditions = [{ arg = 1, mask = 0xffffffff, value = "TIOCSTI" }]',
  },
}
