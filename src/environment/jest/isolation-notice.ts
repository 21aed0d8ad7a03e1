import { mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseStat } from '../../linux/proc-stat.ts'
import type { IsolationLevel } from '../../runner/isolation/level.ts'
import type { OwnedRun } from '../../runner/owner.ts'
import { isolationLine, weakestBelowFull } from '../weaker-isolation.ts'

/** Facts about the Jest project of a test file. */
interface JestProject {
  readonly id: string
  readonly cacheDirectory: string
  readonly displayName?: { readonly name: string } | undefined
}

/** Prints one line per project and Jest run, if programs of the project ran with a weaker isolation than `full`. */
export class IsolationNotice {
  readonly #project: JestProject
  readonly #levels = new Set<IsolationLevel>()

  constructor(project: JestProject) {
    this.#project = project
  }

  /** Records the isolation of a run when the run ends. */
  note({ result }: OwnedRun): void {
    result.then(
      ({ isolation }) => this.#levels.add(isolation.level),
      () => undefined,
    )
  }

  /** Prints the line after the tests of a file, unless another file of the project has printed the line. */
  print(): void {
    const level = weakestBelowFull([...this.#levels])
    if (level === undefined || !this.#isFirst()) return
    process.stderr.write(`${isolationLine(level, this.#project.displayName?.name ?? '')}\n`)
  }

  // The test files of a project run in several processes, and the processes share only the cache directory. Only the
  // first process can make a directory with the name of this Jest run.
  #isFirst(): boolean {
    const { id, cacheDirectory } = this.#project
    const prefix = `gradebox-isolation-${id}-`
    const name = `${prefix}${mainProcess()}`
    try {
      mkdirSync(cacheDirectory, { recursive: true })
      for (const old of readdirSync(cacheDirectory)) {
        if (old.startsWith(prefix) && old !== name) rmdirSync(join(cacheDirectory, old))
      }
      mkdirSync(join(cacheDirectory, name))
      return true
    } catch (error) {
      // If a process cannot use the cache directory, every file prints the line.
      return (error as NodeJS.ErrnoException).code !== 'EEXIST'
    }
  }
}

// Identifies Jest's main process by pid and start time.
function mainProcess(): string {
  const isWorker = process.argv[1]?.includes('jest-worker') === true
  const pid = isWorker ? process.ppid : process.pid
  return `${pid}-${parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1')).startTicks}`
}
