/** A system call that a filter denied. */
export interface DeniedSyscall {
  /** Its name: `socket`. */
  readonly name: string
  /**
   * Its arguments, as many as the call has, as signed 64-bit numbers; a bigint where a number would not
   * be exact.
   */
  readonly args: readonly (number | bigint)[]
  /**
   * The call as C writes it: `socket(AF_INET, SOCK_STREAM, 0)`. A pointer is an address: what was
   * there, such as a path, is not known.
   */
  readonly text: string
  /** `i386`, `x32` and `arm`: a call by a 32-bit table, which is never allowed. */
  readonly arch: 'x86_64' | 'aarch64' | 'i386' | 'x32' | 'arm'
}

/** Calls that a policy's `log` let through. */
export interface LoggedCall extends DeniedSyscall {
  /** How often it was made, with the same domains, requests and flags; `args` and `text` are the first's. */
  readonly count: number
}
