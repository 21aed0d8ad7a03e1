import type { Command } from 'commander'
import { describeStep } from '../../launcher/describe/describe-step.ts'
import type { Step } from '../../launcher/step.ts'
import type { RunOptions } from '../../runner/options/run-options.ts'
import { planSteps } from '../../runner/prepare/prepare-run.ts'
import { printableJson } from '../../units/visible.ts'
import { colorsFor, STDOUT } from '../colors.ts'
import { EXIT, printError } from '../errors.ts'
import { print } from '../print.ts'
import { runOptions } from '../run/flags-to-options.ts'
import { isInteractive } from '../run/interactive.ts'
import { terminalUse } from '../run/relay.ts'
import { addRunFlags, type RunFlags } from '../run/run-flags.ts'
import { explainRun } from './page.ts'

interface Output {
  readonly calls?: boolean
  readonly json?: boolean
}

/** `gradebox explain`: shows what `run` would do with the same arguments, as a page or as system calls. */
export function defineExplain(command: Command): void {
  command.description(
    'Shows what `gradebox run` would do with the same arguments: mounts, ids, limits and filter in words. With --calls it shows every system call of the launch program, and the process that makes it. Runs nothing.',
  )
  const flags = addRunFlags(command)
  command
    .option('--calls', 'show every system call')
    .option('--json', 'print every system call as JSON')
    .action(async (commandLine: string[], output: Output) => {
      try {
        await explain(flags(), commandLine, output)
      } catch (error) {
        printError(error)
        process.exitCode = EXIT.setup
      }
    })
}

async function explain(
  flags: RunFlags,
  commandLine: readonly string[],
  { calls = false, json = false }: Output,
): Promise<void> {
  const interactive = isInteractive()
  const options = runOptions(flags, commandLine, interactive)
  // The page needs no steps, but the command always plans them, because planning throws the errors that a run would
  // throw.
  const steps = await planSteps(options, interactive ? terminalUse(process) : undefined)
  if (json) print(asJson(options, steps))
  else print(calls ? asCalls(options, steps) : explainRun(options, colorsFor(STDOUT)))
}

function asJson(
  { command, args, cwd, policy, limits }: RunOptions,
  steps: readonly Step[],
): string {
  const shown = steps.map((step) => ({
    process: step.process,
    syscall: step.syscall,
    call: describeStep(step),
    ...(step.label === undefined ? {} : { label: step.label }),
    onError: describeOnError(step),
  }))
  return printableJson({ command, args, cwd, policy: policy.name, limits, steps: shown }, 2)
}

function describeOnError({ onError = 'fail' }: Step): string {
  return typeof onError === 'string' ? onError : `goto ${onError.goto}`
}

const processes: readonly (readonly [Step['process'], string])[] = [
  ['starter', 'makes the init; makes the network while the init builds the root'],
  ['init', 'process 1 of the sandbox: builds the root, watches the program'],
  ['idmap', 'maps the owner of a read-write working directory'],
  ['target', 'becomes the program'],
]

function asCalls({ command, policy }: RunOptions, steps: readonly Step[]): string {
  const { dim, cyan } = colorsFor(STDOUT)
  const present = processes.filter(([name]) => steps.some((step) => step.process === name))
  return [
    dim(
      `# ${command}, policy ${policy.name}: ${steps.length} steps; the run decides which of them it takes`,
    ),
    ...present.map(([name, about]) => dim(`# ${name.padEnd(7)} ${about}`)),
    ...steps.map((step) => `${cyan(step.process.padEnd(7))} ${describeStep(step)}`),
  ].join('\n')
}
