import type { ReportedTest } from './run-project.ts'

/** The number of results of each test, by status: `{ adds: 'passed 2', ends: 'failed 1, passed 1' }`. */
export function statuses(tests: readonly ReportedTest[]): Record<string, string> {
  const counts = new Map<string, Map<string, number>>()
  for (const { fullName, status } of tests) {
    const of = counts.get(fullName) ?? new Map<string, number>()
    counts.set(fullName, of.set(status, (of.get(status) ?? 0) + 1))
  }
  const entries = [...counts].sort(([a], [b]) => a.localeCompare(b))
  return Object.fromEntries(
    entries.map(([name, of]) => [
      name,
      [...of]
        .sort()
        .map(([status, count]) => `${status} ${count}`)
        .join(', '),
    ]),
  )
}

/** The failure messages of a test, each once, without measurements and stacks. */
export function messagesOf(tests: readonly ReportedTest[], fullName: string): string[] {
  const of = tests.filter((test) => test.fullName === fullName)
  return [...new Set(of.flatMap(({ failureMessages }) => failureMessages.map(withoutChance)))]
}

/** A message without its stack, and without the parts that differ from run to run. */
export function withoutChance(message: string): string {
  return (
    message
      .replace(/\n +at [\s\S]*/, '')
      .replace(/^usage: .*$/gm, 'usage:   …')
      // The machine decides how a limit is held.
      .replace(/ \((?:cgroup|perf|rlimit|watch)\)$/gm, ' (…)')
      .replace(/^policy: .*\/(.*)$/gm, 'policy:  $1')
      .replace(/^(Received: .*?)[\d.]+ (?:ms|[KM]iB)$/gm, '$1… (…)')
      .replaceAll(/1\d{5}\.\d+/g, '<marker>')
  )
}
