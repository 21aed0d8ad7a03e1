const table: Record<string, [number, number]> = {
  read: [0, 63], write: [1, 64], close: [3, 57], lseek: [8, 62], mmap: [9, 222], ioctl: [16, 29],
  socket: [41, 198], clone: [56, 220], execve: [59, 221], exit_group: [231, 94], wait4: [61, 260],
  kill: [62, 129], fcntl: [72, 25], chdir: [80, 49], fchown: [93, 55], umask: [95, 166],
  getrusage: [98, 165], getppid: [110, 173], setsid: [112, 157], setgroups: [116, 159],
  setresuid: [117, 147], setresgid: [119, 149], capset: [126, 91], prctl: [157, 167],
  pivot_root: [155, 41], mount: [165, 40], umount2: [166, 39], sethostname: [170, 161],
  sendfile: [40, 71], rt_sigprocmask: [14, 135], clock_gettime: [228, 113], keyctl: [250, 219],
  openat: [257, 56], mkdirat: [258, 34], mknodat: [259, 33], fchownat: [260, 54], symlinkat: [266, 36],
  faccessat: [269, 48], ppoll: [271, 73], unshare: [272, 97], utimensat: [280, 88],
  timerfd_create: [283, 85], timerfd_settime: [286, 86], signalfd4: [289, 74], dup3: [292, 24],
  prlimit64: [302, 261], seccomp: [317, 277], statx: [332, 291], close_range: [436, 436],
  openat2: [437, 437], mount_setattr: [442, 442], getpid: [39, 172],
}
export function syscallNumber(name: string, arch: 'x64' | 'arm64'): number {
  const row = table[name]
  if (row === undefined) throw new Error(`unknown ${name}`)
  return row[arch === 'x64' ? 0 : 1]
}
export function syscallName(nr: number, arch: 'x64' | 'arm64'): string | undefined {
  return Object.keys(table).find((name) => table[name]?.[arch === 'x64' ? 0 : 1] === nr)
}
