/** A system call that a filter denied. */
export interface DeniedSyscall {
  /** The call's name: `socket`. */
  readonly name: string
  /** The call's arguments, as signed 64-bit numbers; a bigint if a number would not be exact. */
  readonly args: readonly (number | bigint)[]
  /**
   * The call as C writes it: `socket(AF_INET, SOCK_STREAM, 0)`. A pointer is an address, because the memory
   * behind it is unknown.
   */
  readonly text: string
  /** The table of the call. `i386`, `x32` and `arm` are tables of 32-bit programs, and no policy allows their calls. */
  readonly arch: 'x86_64' | 'aarch64' | 'i386' | 'x32' | 'arm'
}

/** Calls that a policy logged and allowed. */
export interface LoggedCall extends DeniedSyscall {
  /**
   * The number of times that the program made the call with the same domains, requests and flags. `args` and `text`
   * describe the first call.
   */
  readonly count: number
}
