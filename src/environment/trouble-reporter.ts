import type { Reporter, TestModule, Vitest } from 'vitest/node'
import type { SandboxErrorCode } from '../errors/sandbox-error.ts'

/** The codes of errors that no test can fix, because the machine or the container lets no run start. */
const machineTrouble: ReadonlySet<unknown> = new Set<SandboxErrorCode>([
  'UNSUPPORTED_PLATFORM',
  'NAMESPACES_UNAVAILABLE',
  'SECCOMP_UNAVAILABLE',
])

/** Adds a `TroubleReporter` unless Vitest has one. The reporter uses stderr, because other reporters use stdout. */
export function addTroubleReporter({ config }: Vitest): void {
  const entries: readonly unknown[] = config.reporters
  if (entries.some((entry) => entry instanceof TroubleReporter)) return
  config.reporters.push(new TroubleReporter())
}

/** After the tests, prints once why runs cannot start on this machine, and how to fix the cause. */
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
