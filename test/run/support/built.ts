import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'
import { inject } from 'vitest'

/** The package as JavaScript, for a Node process of its own; `global-setup.ts` builds it. */
const builtPackage = (): string => inject('builtPackage')

/** The URL of the package's entry, for an import in a script. */
export const packageUrl = (): string => `file://${builtPackage()}/dist/index.js`

/** The built command line tool. */
export const cliPath = (): string => join(builtPackage(), 'dist/cli/main.js')

let scripts = 0

/** Writes an ES module that can import from 'gradebox-under-test'. */
export function writeScript(source: string): string {
  const path = join(builtPackage(), `script-${process.pid}-${threadId}-${++scripts}.mjs`)
  writeFileSync(path, source.replaceAll('gradebox-under-test', packageUrl()))
  return path
}

export interface NodeRun {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a Node process on a module through a shell script, in which `"$@"` is the command. */
export function runNodeBy(
  script: string,
  source: string,
  env: Record<string, string> = {},
): string {
  return execFileSync('sh', ['-euc', script, 'sh', process.execPath, writeScript(source)], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, ...env },
  })
}

/** Longer than any process needs. A process that never ends must not long outlive its test. */
const LONGEST_MS = 60_000

/** Starts a Node process on a module. */
export function startNode(source: string, env: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, [writeScript(source)], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: LONGEST_MS,
    killSignal: 'SIGKILL',
  })
}

/** Runs a Node process on a module to its end. */
export async function runNode(source: string, stdin = ''): Promise<NodeRun> {
  const child = startNode(source)
  child.stdin?.end(stdin)
  const [stdout, stderr] = [textOf(child.stdout), textOf(child.stderr)]
  const code = await new Promise<number | null>((settle) => child.on('close', settle))
  return { code, stdout: await stdout, stderr: await stderr }
}

async function textOf(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = ''
  for await (const chunk of stream ?? []) text += chunk
  return text
}
