/**
 * The messages of Gradebox to a student, as templates. Gradebox replaces names such as `{limit}` and `{code}` by
 * values. The English texts show which names a template may use.
 */
export interface FeedbackTexts {
  /** The separator before the fraction of a number: `.` or `,`. */
  readonly decimalPoint: string

  // How the run ended.
  readonly succeeded: string
  readonly exitCode: string
  /** An exit code by which a shell reports that its child crashed. */
  readonly exitCodeOfCrash: string
  readonly wallTime: string
  /** The program used nearly no processor time. */
  readonly wallTimeIdle: string
  readonly wallTimeBusyMachine: string
  readonly cpuTime: string
  /** The excess is too small to show. */
  readonly cpuTimeReached: string
  readonly memory: string
  /** The kernel enforced the limit, so the program never used more than the limit. */
  readonly memoryReached: string
  readonly output: string
  /** The output is too long for a JavaScript string, and no limit is set. */
  readonly outputWithoutLimit: string
  readonly fileSize: string
  /** Follows the sentence about a program that failed and had reached its process limit. */
  readonly processes: string
  readonly aborted: string
  readonly crashed: string
  readonly signaled: string
  /** Clauses for `{cause}`, by signal. */
  readonly crashes: {
    readonly SIGSEGV: string
    readonly SIGABRT: string
    readonly SIGFPE: string
    readonly SIGBUS: string
    readonly SIGILL: string
    readonly SIGPIPE: string
    readonly SIGALRM: string
  }
  readonly notAllowed: string
  readonly notAllowedUnknown: string
  /** Clauses for `{action}` of `notAllowed`. */
  readonly actions: {
    readonly network: string
    readonly socket: string
    readonly process: string
    readonly program: string
    readonly otherProcess: string
    readonly system: string
    readonly call: string
  }

  // The difference between the run and the test's expectation.
  readonly lineDiffers: string
  readonly lineMissing: string
  readonly lineTooMany: string
  readonly nothingPrinted: string
  readonly finalNewlineMissing: string
  readonly finalNewlineTooMany: string
  readonly invalidText: string
  readonly formDiffers: string
  readonly shouldNotPrint: string
  readonly onlySpace: string
  readonly onlyCase: string
  readonly inErrorOutput: string
  readonly inFile: string
  readonly fileMissing: string
  readonly fileUnreadable: string
  readonly fileDiffers: string
  readonly fileUnwanted: string
  readonly exitCodeDiffers: string
  readonly exitCodeUnwanted: string
  readonly tookTooLong: string
  readonly tookTooLongSlightly: string
  readonly otherEndExpected: string

  // Headings and marks.
  readonly input: string
  readonly expectedOutput: string
  readonly receivedOutput: string
  readonly errorOutput: string
  /** The heading of an excerpt that does not start at line 1. */
  readonly fromLine: string
  readonly empty: string
  readonly oneMoreLine: string
  readonly moreLines: string
}
