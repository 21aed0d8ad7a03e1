import type { Reporter, TestModule, Vitest } from 'vitest/node'
import type { SandboxErrorCode } from '../errors/sandbox-error.ts'

/** Errors that no test can fix: the machine or the container lets no run start. */
const machineTrouble: ReadonlySet<unknown> = new Set<SandboxErrorCode>([
  'UNSUPPORTED_PLATFORM',
  'NAMESPACES_UNAVAILABLE',
  'SECCOMP_UNAVAILABLE',
])

/** Adds the reporter to a Vitest that lacks it. The reporter writes to stderr, because other reporters use stdout. */
export function addTroubleReporter({ config }: Vitest): void {
  const entries: readonly unknown[] = config.reporters
  if (entries.some((entry) => entry instanceof TroubleReporter)) return
  config.reporters.push(new TroubleReporter())
}

/** Prints once, after the tests, the obstacle that keeps runs from starting on this machine, and the fix. */
class TroubleReporter implements Reporter {
  #reported = false

  async onTestRunEnd(modules: readonly TestModule[]): Promise<void> {
    if (this.#reported || !modules.some(couldNotStart)) return
    this.#reported = true
    const { describeTrouble, diagnose } = await import('../doctor/doctor.ts')
    const lines = describeTrouble(await diagnose())
    const text = ['What gradebox doctor finds on this machine:', ...lines].join('\n')
    process.stderr.write(`\n${text}\n\n`)
  }
}

function couldNotStart(module: TestModule): boolean {
  const errors = [...module.children.allTests()].flatMap((test) => test.result().errors ?? [])
  return [...module.errors(), ...errors].some(({ code }) => machineTrouble.has(code))
}
