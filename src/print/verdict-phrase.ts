import { constants } from 'node:buffer'
import type { LimitName } from '../limits/table.ts'
import type { AnyResult, SandboxStatus } from '../runner/result.ts'
import { visibleLine } from '../units/visible.ts'

/** How the run ended, as a phrase: `exit code 1`, `killed by SIGSEGV`. */
export function verdictPhrase(result: AnyResult): string {
  switch (result.status) {
    case 'exited':
      return `exit code ${result.exitCode}`
    case 'signaled':
      return `killed by ${visibleLine(result.signal ?? 'a signal')}`
    case 'seccomp':
      return `killed by seccomp for ${visibleLine(result.syscall?.text ?? 'a system call that the kernel did not name')}`
    case 'aborted':
      return 'aborted by the test'
    case 'output':
      return isOutputLimited(result)
        ? 'killed for exceeding its output limit'
        : 'killed for writing too much'
    default:
      return `killed for exceeding its ${result.status} limit`
  }
}

/** Whether cut output exceeded the output limit. If not, the output may have exceeded the longest string. */
export function isOutputLimited({ limits: { outputBytes } }: AnyResult): boolean {
  return outputBytes !== undefined && outputBytes <= constants.MAX_STRING_LENGTH
}

/** The verdict's fields: `exited, exit code 1`, or `walltime, signal SIGKILL`. */
export function verdictFacts({ status, exitCode, signal }: AnyResult): string {
  const facts = [status as string]
  if (exitCode !== undefined) facts.push(`exit code ${exitCode}`)
  if (signal !== undefined) facts.push(`signal ${visibleLine(signal)}`)
  return facts.join(', ')
}

const limitOfStatus: Readonly<Partial<Record<SandboxStatus, LimitName>>> = {
  walltime: 'wallTimeMs',
  cpu: 'cpuTimeMs',
  memory: 'memoryBytes',
  output: 'outputBytes',
}

/** The limit that the verdict names; undefined if the verdict names no limit. */
export function limitOfVerdict(status: SandboxStatus): LimitName | undefined {
  return limitOfStatus[status]
}
