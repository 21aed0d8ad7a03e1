/** A named set of system calls for seccomp rules. */
export interface SyscallGroup {
  /** The group's name with its `@`: `@io`. */
  readonly name: string
  /** The purpose of the group's calls, and the actions that these calls allow a program. */
  readonly about: string
  readonly syscalls: readonly string[]
}

function group(name: string, about: string, syscalls: string): SyscallGroup {
  return { name, about, syscalls: syscalls.trim().split(/\s+/) }
}

/**
 * Every system call of x86-64 and arm64 up to Linux 6.18, each in exactly one group. A group grows when a
 * kernel or a C library introduces a call of its kind, so a policy with groups stays valid.
 */
export const syscallGroups: readonly SyscallGroup[] = [
  group(
    '@io',
    'Reading, writing and waiting on open descriptors.',
    `read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek sendfile splice
    tee vmsplice copy_file_range readahead fadvise64 close close_range dup dup2 dup3 fcntl ioctl
    pipe pipe2 poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait
    epoll_pwait epoll_pwait2 eventfd eventfd2`,
  ),
  group(
    '@file-system',
    'Opening, making, naming and describing files.',
    `open openat openat2 creat access faccessat faccessat2 stat fstat lstat newfstatat statx statfs
    fstatfs getdents getdents64 getcwd chdir fchdir mkdir mkdirat rmdir mknod mknodat link linkat
    unlink unlinkat symlink symlinkat readlink readlinkat rename renameat renameat2 chmod fchmod
    fchmodat fchmodat2 chown fchown lchown fchownat umask truncate ftruncate fallocate utime utimes
    futimesat utimensat fsync fdatasync sync_file_range flock cachestat file_getattr file_setattr
    setxattr lsetxattr fsetxattr setxattrat getxattr lgetxattr fgetxattr getxattrat listxattr
    llistxattr flistxattr listxattrat removexattr lremovexattr fremovexattr removexattrat`,
  ),
  group(
    '@watch',
    'Watching files by inotify: on files that others use, it reports what they do.',
    'inotify_init inotify_init1 inotify_add_watch inotify_rm_watch',
  ),
  group(
    '@flush',
    "Writing whole file systems to disk, the host's included, which can slow the whole machine down.",
    'sync syncfs',
  ),
  group(
    '@memory',
    "The process's own address space, memory files and protection keys.",
    `brk mmap munmap mprotect mremap madvise msync mincore mlock mlock2 munlock mlockall munlockall
    mseal map_shadow_stack remap_file_pages memfd_create memfd_secret pkey_alloc pkey_free
    pkey_mprotect`,
  ),
  group(
    '@numa',
    'Choosing the memory node of pages.',
    'mbind get_mempolicy set_mempolicy set_mempolicy_home_node',
  ),
  group(
    '@remote-memory',
    'Advising, moving and reaping the memory of other processes.',
    'process_madvise process_mrelease migrate_pages move_pages',
  ),
  group(
    '@process',
    'Starting, naming, ending and awaiting processes and threads.',
    `clone clone3 fork vfork execve execveat exit exit_group wait4 waitid getpid getppid gettid
    getpgid getpgrp setpgid getsid setsid pidfd_open pidfd_send_signal prctl arch_prctl
    set_tid_address set_thread_area get_thread_area personality uretprobe uprobe`,
  ),
  group(
    '@signal',
    'Sending, handling and awaiting signals.',
    `kill tkill tgkill rt_sigaction rt_sigprocmask rt_sigpending rt_sigtimedwait rt_sigqueueinfo
    rt_tgsigqueueinfo rt_sigsuspend rt_sigreturn sigaltstack pause signalfd signalfd4
    restart_syscall`,
  ),
  group(
    '@sync',
    'Futexes and other calls by which threads wait for each other.',
    `futex futex_wait futex_wake futex_requeue futex_waitv set_robust_list get_robust_list
    membarrier rseq`,
  ),
  group(
    '@time',
    'Reading clocks, sleeping and timers.',
    `time times gettimeofday clock_gettime clock_getres clock_nanosleep nanosleep alarm getitimer
    setitimer timer_create timer_settime timer_gettime timer_getoverrun timer_delete timerfd_create
    timerfd_settime timerfd_gettime`,
  ),
  group(
    '@sched',
    "The scheduler's priorities and processor masks.",
    `sched_yield sched_setparam sched_getparam sched_setscheduler sched_getscheduler sched_setattr
    sched_getattr sched_get_priority_max sched_get_priority_min sched_rr_get_interval
    sched_setaffinity sched_getaffinity getpriority setpriority ioprio_set ioprio_get`,
  ),
  group(
    '@resources',
    'Limits, usage and facts about the machine; randomness.',
    'getrlimit setrlimit prlimit64 getrusage sysinfo uname getcpu getrandom',
  ),
  group(
    '@identity',
    'User and group ids and capabilities.',
    `getuid geteuid getgid getegid getresuid getresgid getgroups setuid setgid setreuid setregid
    setresuid setresgid setfsuid setfsgid setgroups capget capset`,
  ),
  group(
    '@network',
    'Sockets of every domain, including local ones.',
    `socket socketpair bind listen accept accept4 connect getsockname getpeername setsockopt
    getsockopt shutdown sendto recvfrom sendmsg recvmsg sendmmsg recvmmsg`,
  ),
  group(
    '@ipc',
    'System V and POSIX message queues, semaphores and shared memory; private to a sandbox.',
    `shmget shmat shmctl shmdt semget semop semctl semtimedop msgget msgsnd msgrcv msgctl mq_open
    mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr`,
  ),
  group(
    '@aio',
    'Linux asynchronous I/O (libaio).',
    'io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents',
  ),
  group(
    '@io-uring',
    'io_uring: calls that no seccomp filter sees.',
    'io_uring_setup io_uring_enter io_uring_register',
  ),
  group(
    '@self-restriction',
    'Filters and Landlock rules that a program puts on itself; security module attributes.',
    `seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self lsm_get_self_attr
    lsm_set_self_attr lsm_list_modules`,
  ),
  group(
    '@debug',
    'Inspecting and changing other processes.',
    'ptrace process_vm_readv process_vm_writev pidfd_getfd kcmp',
  ),
  group(
    '@kernel-surface',
    'Programs and handlers that run in the kernel: BPF, perf, userfaultfd.',
    'bpf perf_event_open userfaultfd',
  ),
  group(
    '@mount',
    'Changing mounts and the root.',
    `mount umount2 pivot_root chroot fsopen fsconfig fsmount fspick move_mount open_tree
    open_tree_attr mount_setattr`,
  ),
  group('@mount-info', 'Reading the list of mounts.', 'statmount listmount ustat sysfs'),
  group(
    '@file-handle',
    'Opening files by handle instead of by name, which bypasses a changed root.',
    'name_to_handle_at open_by_handle_at',
  ),
  group('@namespace', 'Making and entering namespaces (clone can too).', 'unshare setns'),
  group('@keyring', 'Kernel keyrings, which containers share.', 'add_key request_key keyctl'),
  group(
    '@module',
    'Kernel modules.',
    'init_module finit_module delete_module create_module query_module get_kernel_syms',
  ),
  group('@reboot', 'Ending or replacing the kernel.', 'reboot kexec_load kexec_file_load'),
  group(
    '@administration',
    'Swap, quotas, accounting, host name, kernel log, fanotify.',
    `swapon swapoff quotactl quotactl_fd acct sethostname setdomainname vhangup syslog nfsservctl
    fanotify_init fanotify_mark`,
  ),
  group(
    '@clock',
    "Setting the machine's clock.",
    'settimeofday clock_settime adjtimex clock_adjtime',
  ),
  group('@raw-io', "The processor's I/O ports.", 'iopl ioperm'),
  group(
    '@obsolete',
    'Calls that kernels no longer have, or that only very old programs make.',
    `_sysctl uselib modify_ldt lookup_dcookie getpmsg putpmsg afs_syscall tuxcall security vserver
    epoll_ctl_old epoll_wait_old`,
  ),
]

const byName: ReadonlyMap<string, SyscallGroup> = new Map(
  syscallGroups.map((entry) => [entry.name, entry]),
)

/** A group by its name with the `@`; `undefined` for an unknown name. */
export function syscallGroup(name: string): SyscallGroup | undefined {
  return byName.get(name)
}
