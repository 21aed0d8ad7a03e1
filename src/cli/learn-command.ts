import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Command } from 'commander'
import { type LearnOptions, learn } from '../learn/learn.ts'
import { EXIT, printError } from './errors.ts'
import { openOutputFile } from './output-file.ts'
import { print } from './print.ts'
import { policyReference } from './run/flags-to-options.ts'

interface LearnFlags {
  readonly policyFile: string
  readonly workDir?: string
  readonly input: readonly string[]
  readonly output?: string
  readonly groups: boolean
}

/** `gradebox learn`: writes the smallest policy that lets a program pass. */
export function defineLearn(command: Command): void {
  command
    .description(
      'Runs a program that you trust, once for each input, and denies no call. Then prints a policy whose filter allows the calls that the program made, and tries it with the same inputs.',
    )
    .argument('<command...>', 'the command and its arguments, after --')
    .passThroughOptions()
    .option(
      '--policy, --policy-file <FILE>',
      'the policy that the new one extends: a file or a name',
      'strict',
    )
    .option('-w, --work-dir <HOST>', 'a host directory to run in, shown copy-on-write')
    .option('--input <FILE>', 'an input for stdin (repeatable; one run each)', append, [])
    .option('-o, --output <FILE>', 'write the policy to this file, not to stdout')
    .option('--no-groups', 'list single calls only: smaller, but the next C library may need more')
    .action(async ([command = '', ...args]: string[], flags: LearnFlags) => {
      try {
        await writeLearned(command, args, flags)
      } catch (error) {
        printError(error)
        process.exitCode = EXIT.setup
      }
    })
}

const append = (path: string, paths: readonly string[]): string[] => [...paths, path]

async function writeLearned(
  command: string,
  args: readonly string[],
  { policyFile, workDir, input, output, groups }: LearnFlags,
): Promise<void> {
  const options: LearnOptions = {
    policy: policyReference(policyFile),
    groups,
    ...(workDir === undefined ? {} : { workdir: workDir }),
    ...(input.length === 0 ? {} : { inputs: input.map((path) => pathToFileURL(resolve(path))) }),
  }
  const file = output === undefined ? undefined : openOutputFile('policy', output)
  try {
    const { toml, runs } = await learn(command, args, options)
    // A run that failed may lack calls that the program needs.
    for (const { ok, reason } of runs) {
      if (!ok) process.stderr.write(`gradebox: the policy was learned from a run that ${reason}\n`)
    }
    if (file === undefined) print(toml.trimEnd())
    else file.write(toml)
  } catch (error) {
    file?.close()
    throw error
  }
}
