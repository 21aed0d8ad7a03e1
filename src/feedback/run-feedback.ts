import { formatDuration } from '../units/duration.ts'
import { formatSize } from '../units/size.ts'
import { visibleLine } from '../units/visible.ts'
import { actionOf } from './actions.ts'
import { chooseTexts, type FeedbackOptions, fill } from './feedback-texts.ts'
import type { FinishedRun } from './finished-run.ts'
import type { FeedbackTexts } from './languages/texts.ts'

/**
 * Describes the end of a run in one plain sentence for the student who wrote the program. The sentence names no policy,
 * no path and nothing of the test.
 *
 * @throws {RangeError} for a language that Gradebox has no texts for
 * @example
 * feedbackFor(run) // 'Your program did not stop within 2 s.'
 * feedbackFor(run, { language: 'de' }) // 'Dein Programm hat nicht innerhalb von 2 s aufgehört.'
 */
export function feedbackFor(run: FinishedRun, options: FeedbackOptions = {}): string {
  const texts = chooseTexts(options)
  return `${sentences[run.status](run, texts)}${crowdSentence(run, texts)}`
}

/**
 * The sentence about a program that failed and had reached its process limit. Empty for any other run.
 */
function crowdSentence(run: FinishedRun, texts: FeedbackTexts): string {
  const count = run.usage.peakProcesses ?? 0
  if (!isCrowded(run) || (run.status === 'exited' && run.exitCode === 0)) return ''
  return ` ${fill(texts.processes, { count })}`
}

const isCrowded = ({ usage, limits }: FinishedRun): boolean =>
  (usage.peakProcesses ?? 0) >= (limits.processes ?? Number.POSITIVE_INFINITY)

type Sentence = (run: FinishedRun, texts: FeedbackTexts) => string

const sentences: Readonly<Record<FinishedRun['status'], Sentence>> = {
  exited: exitSentence,
  signaled: signalSentence,
  walltime: wallTimeSentence,
  cpu: cpuTimeSentence,
  memory: memorySentence,
  output: ({ limits: { outputBytes } }, texts) =>
    outputBytes === undefined
      ? texts.outputWithoutLimit
      : fill(texts.output, { limit: size(outputBytes, texts) }),
  seccomp: ({ syscall }, texts) =>
    syscall === undefined
      ? texts.notAllowedUnknown
      : fill(texts.notAllowed, { action: actionOf(syscall, texts) }),
  aborted: (_, texts) => texts.aborted,
}

/** A duration in the notation of the language: `1.5 s`, `1,5 s`. */
export function duration(ms: number, { decimalPoint }: FeedbackTexts): string {
  return formatDuration(ms).replace('.', decimalPoint)
}

/** A size in the notation of the language: `1.5 MiB`, `1,5 MiB`. */
export function size(bytes: number, { decimalPoint }: FeedbackTexts): string {
  return formatSize(bytes).replace('.', decimalPoint)
}

// A shell exits with 128 plus the signal's number when a signal killed the shell's child (POSIX, Shell Command
// Language, 2.8.2).
const signalOfExitCode: Readonly<Record<number, keyof FeedbackTexts['crashes']>> = {
  132: 'SIGILL',
  134: 'SIGABRT',
  135: 'SIGBUS',
  136: 'SIGFPE',
  139: 'SIGSEGV',
}

function exitSentence({ exitCode = 0 }: FinishedRun, texts: FeedbackTexts): string {
  if (exitCode === 0) return texts.succeeded
  const signal = signalOfExitCode[exitCode]
  if (signal === undefined) return fill(texts.exitCode, { code: exitCode })
  return fill(texts.exitCodeOfCrash, { code: exitCode, cause: texts.crashes[signal] })
}

function signalSentence({ signal = '', limits }: FinishedRun, texts: FeedbackTexts): string {
  if (signal === 'SIGXFSZ' && limits.fileSizeBytes !== undefined) {
    return fill(texts.fileSize, { limit: size(limits.fileSizeBytes, texts) })
  }
  const cause = Object.entries(texts.crashes).find(([name]) => name === signal)?.[1]
  if (cause !== undefined) return fill(texts.crashed, { cause })
  return fill(texts.signaled, { signal: visibleLine(signal) })
}

function wallTimeSentence(run: FinishedRun, texts: FeedbackTexts): string {
  const { usage, limits } = run
  const { wallTimeMs, cpuTimeMs, waitTimeMs = 0 } = usage
  const limit = duration(limits.wallTimeMs ?? wallTimeMs, texts)
  // The many processes of such a program wait for each other, so a long wait does not mean that the machine is busy.
  if (isCrowded(run)) return fill(texts.wallTime, { limit })
  if (waitTimeMs > wallTimeMs / 2) return fill(texts.wallTimeBusyMachine, { limit })
  const isIdle = cpuTimeMs + waitTimeMs < wallTimeMs / 20
  return fill(isIdle ? texts.wallTimeIdle : texts.wallTime, { limit })
}

function cpuTimeSentence({ usage, limits }: FinishedRun, texts: FeedbackTexts): string {
  return cpuTimeFeedback(usage.cpuTimeMs, limits.cpuTimeMs ?? 0, texts)
}

/** The sentence for too much processor time. */
export function cpuTimeFeedback(usedMs: number, limitMs: number, texts: FeedbackTexts): string {
  const [used, limit] = [duration(usedMs, texts), duration(limitMs, texts)]
  // The kernel enforces the CPU limit by ticks. The sum of the ticks can be higher than the CPU time that the kernel
  // reports.
  return usedMs > limitMs && used !== limit
    ? fill(texts.cpuTime, { used, limit })
    : fill(texts.cpuTimeReached, { limit })
}

function memorySentence({ usage, limits }: FinishedRun, texts: FeedbackTexts): string {
  return memoryFeedback(usage.peakMemoryBytes, limits.memoryBytes ?? usage.peakMemoryBytes, texts)
}

/** The sentence for too much memory. */
export function memoryFeedback(
  usedBytes: number,
  limitBytes: number,
  texts: FeedbackTexts,
): string {
  const [used, limit] = [size(usedBytes, texts), size(limitBytes, texts)]
  return usedBytes > limitBytes && used !== limit
    ? fill(texts.memory, { used, limit })
    : fill(texts.memoryReached, { limit })
}
