import { finished } from 'node:stream/promises'
import type { Command } from 'commander'
import { isSandboxError, SandboxError } from '../../errors/sandbox-error.ts'
import { timeOfDay } from '../../globals.ts'
import type { RunOptions } from '../../runner/options/run-options.ts'
import type { SandboxResult } from '../../runner/result.ts'
import { Run } from '../../runner/run.ts'
import type { RunExtras } from '../../runner/run-extras.ts'
import { printableJson, visibleLine } from '../../units/visible.ts'
import { EXIT, printError } from '../errors.ts'
import { openOutputFile } from '../output-file.ts'
import { exitCodeOf, signalExitCode } from './exit-code.ts'
import { runOptions } from './flags-to-options.ts'
import { isInteractive } from './interactive.ts'
import { TerminalRelay } from './relay.ts'
import { failureReport, reportOf } from './report-file.ts'
import { addRunFlags, type RunFlags } from './run-flags.ts'
import { unseenFileHint } from './unseen-file.ts'
import { VerboseLog } from './verbose.ts'

type Result = SandboxResult<string | Uint8Array>

interface Output {
  readonly reportFile?: string
  readonly verbose?: boolean
}

/** `gradebox run`: runs a command in a sandbox, on the user's standard streams. */
export function defineRun(command: Command): void {
  command.description(
    'Runs a command, or your shell, in a sandbox on your terminal. Exits with its exit code, with 128 plus the number of the signal that ended it, or with 125 when Gradebox could not set up the sandbox.',
  )
  const flags = addRunFlags(command)
  command
    .option('--report-file <FILE>', 'write the outcome as JSON')
    .option('-v, --verbose', 'print each mount, id, limit, filter and exec, and the result')
    .action(async (commandLine: string[], output: Output) => {
      process.exitCode = await run(flags(), commandLine, output)
    })
}

async function run(
  flags: RunFlags,
  commandLine: readonly string[],
  output: Output,
): Promise<number> {
  const { reportFile } = output
  const file = reportFile === undefined ? undefined : openOutputFile('report file', reportFile)
  const { report, exitCode } = await runAndReport(flags, commandLine, output)
  file?.write(`${printableJson(report)}\n`)
  return exitCode
}

async function runAndReport(
  flags: RunFlags,
  commandLine: readonly string[],
  output: Output,
): Promise<{ report: object; exitCode: number }> {
  const startTime = timeOfDay()
  try {
    const { result, stoppedBy } = await runOnTerminal(flags, commandLine, output)
    const exitCode = stoppedBy === undefined ? exitCodeOf(result) : signalExitCode(stoppedBy)
    return { report: reportOf(result, startTime), exitCode }
  } catch (error) {
    printError(error)
    const [command = process.env.SHELL || '/bin/sh', ...args] = commandLine
    const attempted = { command, args, policy: flags.policyFile ?? 'kiss' }
    return { report: failureReport(error, attempted), exitCode: EXIT.setup }
  }
}

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

async function runOnTerminal(
  flags: RunFlags,
  commandLine: readonly string[],
  { verbose }: Output,
): Promise<{ result: Result; stoppedBy: string | undefined }> {
  const interactive = isInteractive()
  const options = runOptions(flags, commandLine, interactive)
  const log = verbose === true ? new VerboseLog() : undefined
  let run: Run | undefined
  let stoppedBy: string | undefined
  const stop = (signal: string): void => {
    stoppedBy ??= signal
    run?.stop()
  }
  const relay = interactive
    ? new TerminalRelay(
        process,
        (bytes) => run?.countOutput(bytes),
        () => stop('SIGHUP'),
      )
    : undefined
  const extras: RunExtras = {
    terminal: relay?.terminal,
    onPlan: log === undefined ? undefined : (steps) => log.plan(steps),
  }
  for (const signal of stopSignals) process.on(signal, stop)
  try {
    run = new Run(options, extras)
    const passing = options.stdout === 'pipe' ? passOn(run, () => stop('SIGPIPE')) : undefined
    const result = await run
      .start()
      .catch((error) => throwWithHint(error, options))
      .finally(() => run?.close())
    await passing
    // Before Gradebox prints, the relay passes on the program's last output and restores the user's terminal.
    await relay?.finish()
    printOutcome(result, options, log)
    return { result, stoppedBy: result.status === 'aborted' ? stoppedBy : undefined }
  } finally {
    await relay?.finish()
    for (const signal of stopSignals) process.off(signal, stop)
  }
}

// With an output limit, the program writes to pipes, so that Node can count the bytes.
async function passOn(run: Run, onLost: () => void): Promise<void> {
  const pairs = [
    [run.stdout, process.stdout],
    [run.stderr, process.stderr],
  ] as const
  for (const [from, to] of pairs) from.pipe(to.on('error', onLost), { end: false })
  await Promise.all(pairs.map(([from]) => finished(from).catch(onLost)))
}

function throwWithHint(error: unknown, options: RunOptions): never {
  const isMissing = isSandboxError(error) && error.code === 'PROGRAM_NOT_FOUND'
  const hint = isMissing ? unseenFileHint(options, true) : undefined
  if (!isMissing || hint === undefined) throw error
  const { code, step, message } = error
  const [summary = ''] = message.split('\n')
  throw new SandboxError(summary, { code, hint, cause: error, ...(step && { step }) })
}

// Prints why the program ended, unless the program exited by itself. A shell does the same.
function printOutcome(result: Result, options: RunOptions, log: VerboseLog | undefined): void {
  if (log !== undefined) log.result(result)
  else if (result.status !== 'exited' && result.status !== 'aborted') {
    process.stderr.write(`gradebox: ${result.reason}\n`)
  }
  const failed = result.status === 'exited' && !result.ok
  const hint = failed ? unseenFileHint(options, false) : undefined
  if (hint !== undefined) process.stderr.write(`  hint: ${visibleLine(hint)}\n`)
}
