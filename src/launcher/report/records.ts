/**
 * The records that the launch program writes to the report pipe. A record has a fixed size, and starts with an 8-byte
 * tag. The launch program writes each record by one write(2) of less than PIPE_BUF bytes. The kernel keeps such a write
 * whole (pipe(7)).
 */
const tag = (name: string): Uint8Array => Buffer.from(name.padEnd(8, '\0'))

export const RECORD = {
  /** A step failed: u64 address of the step, i64 result. */
  failure: { tag: tag('FAILURE'), size: 24 },
  /** The starter has cloned the init: u64 pid of the init. */
  started: { tag: tag('STARTED'), size: 16 },
  /** The init ended the run at its walltime: text of the target's /proc/pid/schedstat. */
  walltime: { tag: tag('WALLTIME'), size: 8 + 64 },
  /** The init ended the run because the caller asked for the end through the control pipe. */
  stopped: { tag: tag('STOPPED'), size: 8 },
  /** The init ended the run because the program interfered with the init. */
  tampered: { tag: tag('TAMPERED'), size: 8 },
  /** The filter denied a call: struct seccomp_notif (linux/seccomp.h), 80 bytes. */
  seccomp: { tag: tag('SECCOMP'), size: 88 },
  /** The notifications by which the init counts denied calls: two struct seccomp_notif, before and after the run. */
  counted: { tag: tag('COUNTED'), size: 8 + 80 + 80 },
  /** A call that the filter logged and did not deny: struct seccomp_notif, 80 bytes. */
  logged: { tag: tag('LOGGED'), size: 88 },
  /**
   * The program and its descendants have ended:
   *
   * - u64 wait status of the program
   * - struct timespec of the start, and of the end
   * - struct rusage of all children of the init, and struct rusage of the helpers before the start of the program
   * - i64 nanoseconds of CPU time by the kernel's counter, or -1
   * - u64 number of calls that the init answered
   * - u64 bytes of the last request for memory that the kernel refused, or 0
   * - i64 descriptor of the last file that the init copied from the program, or the error of this copy, or 0
   */
  end: { tag: tag('END'), size: 8 + 8 + 16 + 16 + 144 + 144 + 8 + 8 + 8 + 8 },
  /** No execve succeeded. One record per candidate: i64 result of execve, i64 result of faccessat, the file's head. */
  exec: { tag: tag('EXEC'), size: 8 + 8 + 8 + 1024 },
  /** A file to collect: i64 result of openat2, struct statx, i64 number of copied bytes. */
  collect: { tag: tag('COLLECT'), size: 8 + 8 + 256 + 8 },
} as const

export type RecordName = keyof typeof RECORD
