import { execFileSync } from 'node:child_process'
import type { TestContext } from 'vitest'

/** Skips a test, and prints the reason, where a program is missing; returns the Debian package that has it. */
export function requireTool(ctx: TestContext, program: string, debianPackage: string): void {
  try {
    execFileSync('sh', ['-c', 'command -v "$0"', program], { stdio: 'ignore' })
  } catch {
    const reason = `${program} is missing: apt-get install ${debianPackage}`
    console.warn(`SKIPPED: ${ctx.task.name}: ${reason}`)
    ctx.skip(reason)
  }
}
