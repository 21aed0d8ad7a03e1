import type { Arch } from '../syscalls.ts'

/**
 * The kinds of arguments, and how many of a register's 64 bits the kernel reads. The kernel ignores the other
 * bits.
 */
export const argumentBits = {
  // Addresses in the program's memory, which no filter can read.
  ptr: 64,
  // Numbers.
  int: 32,
  uint: 32,
  hex32: 32,
  pid: 32,
  uid: 32,
  fd: 32,
  dirfd: 32,
  mode: 16,
  mknod: 16,
  long: 64,
  ulong: 64,
  size: 64,
  off: 64,
  hex: 64,
  addr: 64,
  // One value of several, or a set of bits: see names/.
  access: 32,
  arch_prctl: 32,
  at: 32,
  bpf: 32,
  clock: 32,
  clone: 32,
  domain: 32,
  epoll: 32,
  fcntl: 32,
  flock: 32,
  futex: 32,
  getrandom: 32,
  idtype: 32,
  ioctl: 32,
  itimer: 32,
  keyctl: 32,
  madvise: 32,
  map: 64,
  membarrier: 32,
  memfd: 32,
  mlockall: 32,
  mount: 64,
  mremap: 64,
  msg: 32,
  msync: 32,
  ns: 32,
  open: 32,
  openlike: 32,
  personality: 32,
  prctl: 32,
  prio: 32,
  prot: 64,
  ptrace: 64,
  reboot: 32,
  rename: 32,
  rlimit: 32,
  rusage: 32,
  sched: 32,
  seccomp: 32,
  shutdown: 32,
  signal: 32,
  sigprocmask: 32,
  socktype: 32,
  sol: 32,
  umount: 32,
  unlink: 32,
  unshare: 64,
  wait: 32,
  whence: 32,
} as const

export type ArgumentKind = keyof typeof argumentBits

// SYSCALL_DEFINE in the kernel's sources, Linux 6.18. The table lacks calls that the kernel no longer has.
const SIGNATURES = `
  _sysctl ptr; accept fd ptr ptr; accept4 fd ptr ptr socktype; access ptr access; acct ptr;
  add_key ptr ptr ptr size int; adjtimex ptr; alarm uint; arch_prctl arch_prctl hex;
  bind fd ptr int; bpf bpf ptr uint; brk addr; cachestat fd ptr ptr hex32; capget ptr ptr;
  capset ptr ptr; chdir ptr; chmod ptr mode; chown ptr uid uid; chroot ptr;
  clock_adjtime clock ptr; clock_getres clock ptr; clock_gettime clock ptr;
  clock_nanosleep clock int ptr ptr; clock_settime clock ptr; clone clone addr ptr ptr addr;
  clone3 ptr size; close fd; close_range uint uint hex32; connect fd ptr int;
  copy_file_range fd ptr fd ptr size hex32; creat ptr mode; delete_module ptr hex32; dup fd;
  dup2 fd fd; dup3 fd fd openlike; epoll_create int; epoll_create1 openlike;
  epoll_ctl fd epoll fd ptr; epoll_pwait fd ptr int int ptr size;
  epoll_pwait2 fd ptr int ptr ptr size; epoll_wait fd ptr int int; eventfd uint;
  eventfd2 uint openlike; execve ptr ptr ptr; execveat dirfd ptr ptr ptr at; exit int;
  exit_group int; faccessat dirfd ptr access; faccessat2 dirfd ptr access at;
  fadvise64 fd off size int; fallocate fd hex32 off off; fanotify_init hex32 hex32;
  fanotify_mark fd hex32 hex dirfd ptr; fchdir fd; fchmod fd mode; fchmodat dirfd ptr mode;
  fchmodat2 dirfd ptr mode at; fchown fd uid uid; fchownat dirfd ptr uid uid at;
  fcntl fd fcntl hex; fdatasync fd; fgetxattr fd ptr ptr size; file_getattr dirfd ptr ptr size at;
  file_setattr dirfd ptr ptr size at; finit_module fd ptr hex32; flistxattr fd ptr size;
  flock fd flock; fork; fremovexattr fd ptr; fsconfig fd uint ptr ptr int;
  fsetxattr fd ptr ptr size hex32; fsmount fd hex32 hex32; fsopen ptr hex32;
  fspick dirfd ptr hex32; fstat fd ptr; fstatfs fd ptr; fsync fd; ftruncate fd off;
  futex ptr futex uint ptr ptr uint; futex_requeue ptr hex32 int int;
  futex_wait ptr hex hex hex32 ptr clock; futex_waitv ptr uint hex32 ptr clock;
  futex_wake ptr hex int hex32; futimesat dirfd ptr ptr; get_mempolicy ptr ptr ulong addr hex;
  get_robust_list pid ptr ptr; get_thread_area ptr; getcpu ptr ptr ptr; getcwd ptr ulong;
  getdents fd ptr uint; getdents64 fd ptr uint; getegid; geteuid; getgid; getgroups int ptr;
  getitimer itimer ptr; getpeername fd ptr ptr; getpgid pid; getpgrp; getpid; getppid;
  getpriority prio int; getrandom ptr size getrandom; getresgid ptr ptr ptr;
  getresuid ptr ptr ptr; getrlimit rlimit ptr; getrusage rusage ptr; getsid pid;
  getsockname fd ptr ptr; getsockopt fd sol int ptr ptr; gettid; gettimeofday ptr ptr; getuid;
  getxattr ptr ptr ptr size; getxattrat dirfd ptr at ptr ptr size; init_module ptr size ptr;
  inotify_add_watch fd ptr hex32; inotify_init; inotify_init1 openlike; inotify_rm_watch fd int;
  io_cancel addr ptr ptr; io_destroy addr; io_getevents addr long long ptr ptr;
  io_pgetevents addr long long ptr ptr ptr; io_setup uint ptr; io_submit addr long ptr;
  io_uring_enter fd uint uint hex32 ptr size; io_uring_register fd uint ptr uint;
  io_uring_setup uint ptr; ioctl fd ioctl hex; ioperm hex hex int; iopl uint; ioprio_get int int;
  ioprio_set int int int; kcmp pid pid int ulong ulong; kexec_file_load fd fd ulong ptr hex;
  kexec_load addr ulong ptr hex; keyctl keyctl hex hex hex hex; kill pid signal;
  landlock_add_rule fd int ptr hex32; landlock_create_ruleset ptr size hex32;
  landlock_restrict_self fd hex32; lchown ptr uid uid; lgetxattr ptr ptr ptr size; link ptr ptr;
  linkat dirfd ptr dirfd ptr at; listen fd int; listmount ptr ptr size hex32;
  listxattr ptr ptr size; listxattrat dirfd ptr at ptr size; llistxattr ptr ptr size;
  lookup_dcookie ulong ptr size; lremovexattr ptr ptr; lseek fd off whence;
  lsetxattr ptr ptr ptr size hex32; lsm_get_self_attr uint ptr ptr hex32;
  lsm_list_modules ptr ptr hex32; lsm_set_self_attr uint ptr uint hex32; lstat ptr ptr;
  madvise addr size madvise; map_shadow_stack addr size hex32;
  mbind addr size int ptr ulong hex32; membarrier membarrier uint int; memfd_create ptr memfd;
  memfd_secret hex32; migrate_pages pid ulong ptr ptr; mincore addr size ptr; mkdir ptr mode;
  mkdirat dirfd ptr mode; mknod ptr mknod hex32; mknodat dirfd ptr mknod hex32; mlock addr size;
  mlock2 addr size hex32; mlockall mlockall; mmap addr size prot map fd hex;
  modify_ldt int ptr ulong; mount ptr ptr ptr mount ptr; mount_setattr dirfd ptr at ptr size;
  move_mount dirfd ptr dirfd ptr hex32; move_pages pid ulong ptr ptr ptr hex32;
  mprotect addr size prot; mq_getsetattr fd ptr ptr; mq_notify fd ptr; mq_open ptr open mode ptr;
  mq_timedreceive fd ptr size ptr ptr; mq_timedsend fd ptr size uint ptr; mq_unlink ptr;
  mremap addr size size mremap addr; mseal addr size ulong; msgctl int int ptr;
  msgget hex32 hex32; msgrcv int ptr size long hex32; msgsnd int ptr size hex32;
  msync addr size msync; munlock addr size; munlockall; munmap addr size;
  name_to_handle_at dirfd ptr ptr ptr at; nanosleep ptr ptr; newfstatat dirfd ptr ptr at;
  open ptr open mode; open_by_handle_at dirfd ptr open; open_tree dirfd ptr hex32;
  open_tree_attr dirfd ptr hex32 ptr size; openat dirfd ptr open mode; openat2 dirfd ptr ptr size;
  pause; perf_event_open ptr pid int fd hex; personality personality; pidfd_getfd fd fd hex32;
  pidfd_open pid openlike; pidfd_send_signal fd signal ptr uint; pipe ptr; pipe2 ptr openlike;
  pivot_root ptr ptr; pkey_alloc ulong hex; pkey_free int; pkey_mprotect addr size prot int;
  poll ptr uint int; ppoll ptr uint ptr ptr size; prctl prctl hex hex hex hex;
  pread64 fd ptr size off; preadv fd ptr ulong ulong ulong;
  preadv2 fd ptr ulong ulong ulong hex32; prlimit64 pid rlimit ptr ptr;
  process_madvise fd ptr size madvise uint; process_mrelease fd hex32;
  process_vm_readv pid ptr ulong ptr ulong hex; process_vm_writev pid ptr ulong ptr ulong hex;
  pselect6 int ptr ptr ptr ptr ptr; ptrace ptrace pid addr hex; pwrite64 fd ptr size off;
  pwritev fd ptr ulong ulong ulong; pwritev2 fd ptr ulong ulong ulong hex32;
  quotactl hex32 ptr int ptr; quotactl_fd fd hex32 int ptr; read fd ptr size;
  readahead fd off size; readlink ptr ptr int; readlinkat dirfd ptr ptr int; readv fd ptr ulong;
  reboot hex32 hex32 reboot ptr; recvfrom fd ptr size msg ptr ptr; recvmmsg fd ptr uint msg ptr;
  recvmsg fd ptr msg; remap_file_pages addr size prot ulong map; removexattr ptr ptr;
  removexattrat dirfd ptr at ptr; rename ptr ptr; renameat dirfd ptr dirfd ptr;
  renameat2 dirfd ptr dirfd ptr rename; request_key ptr ptr ptr int; restart_syscall; rmdir ptr;
  rseq ptr uint int hex32; rt_sigaction signal ptr ptr size; rt_sigpending ptr size;
  rt_sigprocmask sigprocmask ptr ptr size; rt_sigqueueinfo pid signal ptr; rt_sigreturn;
  rt_sigsuspend ptr size; rt_sigtimedwait ptr ptr ptr size; rt_tgsigqueueinfo pid pid signal ptr;
  sched_get_priority_max sched; sched_get_priority_min sched; sched_getaffinity pid uint ptr;
  sched_getattr pid ptr uint hex32; sched_getparam pid ptr; sched_getscheduler pid;
  sched_rr_get_interval pid ptr; sched_setaffinity pid uint ptr; sched_setattr pid ptr hex32;
  sched_setparam pid ptr; sched_setscheduler pid sched ptr; sched_yield; seccomp seccomp hex32 ptr;
  select int ptr ptr ptr ptr; semctl int int int hex; semget hex32 int hex32; semop int ptr uint;
  semtimedop int ptr uint ptr; sendfile fd fd ptr size; sendmmsg fd ptr uint msg;
  sendmsg fd ptr msg; sendto fd ptr size msg ptr int; set_mempolicy int ptr ulong;
  set_mempolicy_home_node addr size ulong hex; set_robust_list ptr size; set_thread_area ptr;
  set_tid_address ptr; setdomainname ptr int; setfsgid uid; setfsuid uid; setgid uid;
  setgroups int ptr; sethostname ptr int; setitimer itimer ptr ptr; setns fd ns; setpgid pid pid;
  setpriority prio int int; setregid uid uid; setresgid uid uid uid; setresuid uid uid uid;
  setreuid uid uid; setrlimit rlimit ptr; setsid; setsockopt fd sol int ptr int;
  settimeofday ptr ptr; setuid uid; setxattr ptr ptr ptr size hex32;
  setxattrat dirfd ptr at ptr ptr size; shmat int addr hex32; shmctl int int ptr; shmdt addr;
  shmget hex32 size hex32; shutdown fd shutdown; sigaltstack ptr ptr; signalfd fd ptr size;
  signalfd4 fd ptr size openlike; socket domain socktype int; socketpair domain socktype int ptr;
  splice fd ptr fd ptr size hex32; stat ptr ptr; statfs ptr ptr; statmount ptr ptr size hex32;
  statx dirfd ptr at hex32 ptr; swapoff ptr; swapon ptr hex32; symlink ptr ptr;
  symlinkat ptr dirfd ptr; sync; sync_file_range fd off off hex32; syncfs fd; sysfs int hex hex;
  sysinfo ptr; syslog int ptr int; tee fd fd size hex32; tgkill pid pid signal; time ptr;
  timer_create clock ptr ptr; timer_delete int; timer_getoverrun int; timer_gettime int ptr;
  timer_settime int hex32 ptr ptr; timerfd_create clock openlike; timerfd_gettime fd ptr;
  timerfd_settime fd hex32 ptr ptr; times ptr; tkill pid signal; truncate ptr long; umask mode;
  umount2 ptr umount; uname ptr; unlink ptr; unlinkat dirfd ptr unlink; unshare unshare; uprobe; uretprobe;
  uselib ptr; userfaultfd openlike; ustat hex32 ptr; utime ptr ptr; utimensat dirfd ptr ptr at;
  utimes ptr ptr; vfork; vhangup; vmsplice fd ptr ulong hex32; wait4 pid ptr wait ptr;
  waitid idtype pid ptr wait ptr; write fd ptr size; writev fd ptr ulong;
`

// arm64 takes the arguments of clone in another order: CONFIG_CLONE_BACKWARDS.
const ARM64 = 'clone clone addr ptr addr ptr;'

function table(text: string): ReadonlyMap<string, readonly ArgumentKind[]> {
  const entries = text.split(';').map((entry) => entry.trim().split(/\s+/))
  return new Map(entries.map(([name = '', ...kinds]) => [name, kinds as ArgumentKind[]]))
}

const common = table(SIGNATURES)
const arm64 = table(ARM64)

/** The arguments of a system call, in order; `undefined` for an unknown call. */
export function syscallSignature(name: string, arch: Arch): readonly ArgumentKind[] | undefined {
  return (arch === 'arm64' ? arm64.get(name) : undefined) ?? common.get(name)
}
