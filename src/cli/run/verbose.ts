import { writeSync } from 'node:fs'
import { timeOfDay } from '../../globals.ts'
import { describeStep } from '../../launcher/describe/describe-step.ts'
import type { Step } from '../../launcher/step.ts'
import type { SandboxResult } from '../../runner/result.ts'
import { formatDuration } from '../../units/duration.ts'
import { formatSize } from '../../units/size.ts'
import { visibleLine } from '../../units/visible.ts'
import { colorsFor, STDERR } from '../colors.ts'

/** The topic of each step that --verbose prints. --verbose prints no other steps. */
const topics: Readonly<Record<string, string>> = {
  mount: 'mount',
  move_mount: 'mount',
  mount_setattr: 'mount',
  sethostname: 'name',
  unshare: 'namespace',
  setns: 'namespace',
  setresuid: 'id',
  setresgid: 'id',
  prlimit64: 'limit',
  timerfd_settime: 'limit',
  seccomp: 'filter',
  execve: 'exec',
}

/** A step's topic; undefined for steps that only `gradebox explain` shows. */
function topicOf(step: Step): string | undefined {
  // The starter's clone creates the init and the namespaces of the init. The other clones only create helpers.
  if (/^clone3?$/.test(step.syscall)) return step.process === 'starter' ? 'namespace' : undefined
  if (step.syscall === 'write' && /(uid_map|gid_map)"/.test(step.shown ?? '')) return 'id'
  return topics[step.syscall]
}

/** Writes timestamped lines to stderr: `[2026-01-31T12:00:00.000Z mount] mount("/usr" -> "/usr", …)`. */
export class VerboseLog {
  readonly #colors = colorsFor(STDERR)

  line(topic: string, text: string): void {
    const { dim, cyan } = this.#colors
    const now = dim(timeOfDay().toISOString())
    // The log writes to the descriptor, because process.stderr would also make the program's stderr non-blocking.
    writeSync(STDERR, `[${now} ${cyan(topic)}] ${visibleLine(text)}\n`)
  }

  plan(steps: readonly Step[]): void {
    for (const step of steps) {
      const topic = topicOf(step)
      if (topic !== undefined) this.line(topic, describeStep(step))
    }
  }

  result({ reason, usage }: SandboxResult<string | Uint8Array>): void {
    const { wallTimeMs, cpuTimeMs, peakMemoryBytes } = usage
    const used = [
      `${formatDuration(wallTimeMs)} of real time`,
      `${formatDuration(cpuTimeMs)} of CPU time`,
      `${formatSize(peakMemoryBytes)} of memory`,
    ]
    this.line('result', `${reason}; ${used.join(', ')}`)
  }
}
