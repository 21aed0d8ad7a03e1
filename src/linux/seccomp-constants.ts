import {
  archPrctlOptions,
  bpfCommands,
  fcntlCommands,
  ioctlRequests,
  keyctlOperations,
  madviseAdvice,
  prctlOptions,
  ptraceRequests,
  seccompOperations,
} from './names/choices.ts'

// What a policy's seccomp conditions may name. All have one value on x86-64 and arm64; constants
// that differ between them (O_DIRECTORY) are left out.
const constants = {
  // linux/socket.h
  AF_UNSPEC: 0,
  AF_UNIX: 1,
  AF_LOCAL: 1,
  AF_INET: 2,
  AF_AX25: 3,
  AF_IPX: 4,
  AF_APPLETALK: 5,
  AF_NETROM: 6,
  AF_BRIDGE: 7,
  AF_ATMPVC: 8,
  AF_X25: 9,
  AF_INET6: 10,
  AF_ROSE: 11,
  AF_KEY: 15,
  AF_NETLINK: 16,
  AF_ROUTE: 16,
  AF_PACKET: 17,
  AF_ASH: 18,
  AF_ATMSVC: 20,
  AF_RDS: 21,
  AF_PPPOX: 24,
  AF_LLC: 26,
  AF_IB: 27,
  AF_MPLS: 28,
  AF_CAN: 29,
  AF_TIPC: 30,
  AF_BLUETOOTH: 31,
  AF_IUCV: 32,
  AF_RXRPC: 33,
  AF_PHONET: 35,
  AF_IEEE802154: 36,
  AF_CAIF: 37,
  AF_ALG: 38,
  AF_NFC: 39,
  AF_VSOCK: 40,
  AF_KCM: 41,
  AF_QIPCRTR: 42,
  AF_SMC: 43,
  AF_XDP: 44,
  AF_MCTP: 45,
  // linux/net.h, asm-generic/fcntl.h
  SOCK_STREAM: 1,
  SOCK_DGRAM: 2,
  SOCK_RAW: 3,
  SOCK_RDM: 4,
  SOCK_SEQPACKET: 5,
  SOCK_DCCP: 6,
  SOCK_PACKET: 10,
  SOCK_NONBLOCK: 0o4000,
  SOCK_CLOEXEC: 0o2000000,
  // linux/sched.h
  CLONE_NEWTIME: 0x80,
  CLONE_VM: 0x100,
  CLONE_FS: 0x200,
  CLONE_FILES: 0x400,
  CLONE_SIGHAND: 0x800,
  CLONE_PIDFD: 0x1000,
  CLONE_PTRACE: 0x2000,
  CLONE_VFORK: 0x4000,
  CLONE_PARENT: 0x8000,
  CLONE_THREAD: 0x10000,
  CLONE_NEWNS: 0x20000,
  CLONE_SYSVSEM: 0x40000,
  CLONE_SETTLS: 0x80000,
  CLONE_PARENT_SETTID: 0x100000,
  CLONE_CHILD_CLEARTID: 0x200000,
  CLONE_UNTRACED: 0x800000,
  CLONE_CHILD_SETTID: 0x1000000,
  CLONE_NEWCGROUP: 0x2000000,
  CLONE_NEWUTS: 0x4000000,
  CLONE_NEWIPC: 0x8000000,
  CLONE_NEWUSER: 0x10000000,
  CLONE_NEWPID: 0x20000000,
  CLONE_NEWNET: 0x40000000,
  CLONE_IO: 0x80000000,
  // asm-generic/ioctls.h
  TIOCSTI: 0x5412,
  TIOCLINUX: 0x541c,
  // linux/personality.h
  PER_LINUX: 0,
  PER_LINUX32: 8,
  UNAME26: 0x20000,
  ADDR_NO_RANDOMIZE: 0x40000,
  // asm-generic/mman-common.h, asm-generic/mman.h
  PROT_NONE: 0,
  PROT_READ: 1,
  PROT_WRITE: 2,
  PROT_EXEC: 4,
  MAP_SHARED: 1,
  MAP_PRIVATE: 2,
  MAP_FIXED: 0x10,
  MAP_ANONYMOUS: 0x20,
  MAP_LOCKED: 0x2000,
  MAP_NORESERVE: 0x4000,
  MAP_HUGETLB: 0x40000,
  // asm-generic/fcntl.h
  O_WRONLY: 1,
  O_RDWR: 2,
  O_ACCMODE: 3,
  O_CREAT: 0o100,
  O_EXCL: 0o200,
  O_TRUNC: 0o1000,
  O_APPEND: 0o2000,
  O_NONBLOCK: 0o4000,
  O_CLOEXEC: 0o2000000,
  O_PATH: 0o10000000,
  // linux/stat.h
  S_IFMT: 0o170000,
  S_IFREG: 0o100000,
  S_IFBLK: 0o060000,
  S_IFCHR: 0o020000,
  S_IFIFO: 0o010000,
  S_IFSOCK: 0o140000,
  S_ISUID: 0o4000,
  S_ISGID: 0o2000,
  // linux/prctl.h
  PR_SET_PDEATHSIG: 1,
  PR_SET_DUMPABLE: 4,
  PR_SET_NAME: 15,
  PR_SET_SECCOMP: 22,
  PR_CAPBSET_DROP: 24,
  PR_SET_TSC: 26,
  PR_SET_SECUREBITS: 28,
  PR_SET_MM: 35,
  PR_SET_CHILD_SUBREAPER: 36,
  PR_SET_NO_NEW_PRIVS: 38,
  PR_SET_THP_DISABLE: 41,
  PR_CAP_AMBIENT: 47,
  PR_SET_SYSCALL_USER_DISPATCH: 59,
  PR_SCHED_CORE: 62,
  PR_SET_PTRACER: 0x59616d61,
  PR_SET_VMA: 0x53564d41,
}

// Those of names/ that both machines have.
const choices = [
  ioctlRequests,
  prctlOptions,
  archPrctlOptions,
  ptraceRequests,
  bpfCommands,
  keyctlOperations,
  fcntlCommands,
  madviseAdvice,
  seccompOperations,
]

const values: ReadonlyMap<string, number> = new Map([
  ...choices.flatMap((names) => [...names].map(([value, name]) => [name, value] as const)),
  ...Object.entries(constants),
])

/** The value of a kernel constant that a seccomp condition names, such as `AF_UNIX`. */
export function seccompConstant(name: string): number | undefined {
  return values.get(name)
}

/** Every constant that a seccomp condition may name. */
export function seccompConstantNames(): readonly string[] {
  return [...values.keys()]
}

/** Names of the constants that start alike, `AF_`; where two have one value, the first. */
export function seccompConstants(prefix: string): ReadonlyMap<number, string> {
  const found = new Map<number, string>()
  for (const [name, value] of Object.entries(constants)) {
    if (name.startsWith(prefix) && !found.has(value)) found.set(value, name)
  }
  return found
}
