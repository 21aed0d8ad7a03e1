import type { Reporter, TestModule } from 'vitest/node'

/** Prints, at the end, the time that the tests of each project took. */
export default class ProjectTimes implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const times = new Map<string, { files: number; importMs: number; testsMs: number }>()
    for (const module of modules) {
      const { importMs, testsMs, files } = times.get(module.project.name) ?? {
        files: 0,
        importMs: 0,
        testsMs: 0,
      }
      const { duration, collectDuration, setupDuration, prepareDuration } = module.diagnostic()
      times.set(module.project.name, {
        files: files + 1,
        importMs: importMs + collectDuration + setupDuration + prepareDuration,
        testsMs: testsMs + duration,
      })
    }
    console.log('\n Time by project, summed over the workers:')
    for (const [name, { files, importMs, testsMs }] of times) {
      const tests = `${seconds(testsMs)} in tests, ${seconds(importMs)} in imports`
      console.log(`   ${name.padEnd(14)} ${`${files} files`.padStart(9)}  ${tests}`)
    }
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1).padStart(6)} s`
