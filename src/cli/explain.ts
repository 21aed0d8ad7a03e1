import type { Command } from 'commander'
import { describeStep } from '../launcher/describe/describe.ts'
import type { Step } from '../launcher/step.ts'
import type { RunOptions } from '../runner/options/normalize.ts'
import { planRun } from '../runner/run/prepare.ts'
import { EXIT, printError } from './errors.ts'
import { print } from './print.ts'
import { addRunFlags, type RunFlags } from './run/flags.ts'
import { isInteractive } from './run/interactive.ts'
import { runOptions } from './run/options.ts'
import { terminalUse } from './run/relay.ts'
import { colorsFor, STDOUT } from './style.ts'

/** `gradebox explain`: the system calls that `run` would make with the same arguments. */
export function addExplainCommand(program: Command): Command {
  const command = program
    .command('explain')
    .summary('show the system calls that a run would make')
    .description(
      'Shows every system call of the launch program that `gradebox run` would start with the same arguments, and by which of its processes it is made. Nothing is run.',
    )
    .argument(
      '[command...]',
      'the command and its arguments, after -- (default: $SHELL or /bin/sh)',
    )
    .passThroughOptions()
  const flags = addRunFlags(command)
  return command
    .option('--json', 'print JSON')
    .action((commandLine: string[], { json }: { json?: boolean }) => {
      try {
        explain(flags(), commandLine, json === true)
      } catch (error) {
        printError(error)
        process.exitCode = EXIT.setup
      }
    })
}

function explain(flags: RunFlags, commandLine: readonly string[], json: boolean): void {
  const interactive = isInteractive()
  const options = runOptions(flags, commandLine, interactive)
  const steps = planRun(options, interactive ? terminalUse(process) : undefined)
  const text = json ? asJson(options, steps) : asText(options, steps)
  print(text)
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
  return JSON.stringify({ command, args, cwd, policy: policy.name, limits, steps: shown }, null, 2)
}

function describeOnError({ onError = 'fail' }: Step): string {
  return typeof onError === 'string' ? onError : `goto ${onError.goto}`
}

const processes: readonly (readonly [Step['process'], string])[] = [
  ['starter', 'makes the init, and the network while that builds the root'],
  ['init', 'process 1 of the sandbox: builds the root, watches the program'],
  ['idmap', 'makes the owner of a working directory that is shown read-write'],
  ['target', 'becomes the program'],
]

function asText({ command, policy }: RunOptions, steps: readonly Step[]): string {
  const { dim, cyan } = colorsFor(STDOUT)
  const present = processes.filter(([name]) => steps.some((step) => step.process === name))
  return [
    dim(
      `# ${command}, policy ${policy.name}: ${steps.length} steps; which of them are taken is seen as it runs`,
    ),
    ...present.map(([name, about]) => dim(`# ${name.padEnd(7)} ${about}`)),
    ...steps.map((step) => `${cyan(step.process.padEnd(7))} ${describeStep(step)}`),
  ].join('\n')
}
