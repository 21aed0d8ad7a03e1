import type { Command } from 'commander'
import { EXIT } from './errors.ts'

/** Facts about a command. The command line knows these facts before it loads the command's module. */
export interface CommandRow {
  /** The command in the help: the name, `[options]` if the command has flags, and the arguments. */
  readonly term: string
  readonly summary: string
  /** The exit code for a wrong command line. */
  readonly usageCode: number
  /** Loads the function that gives the command its description, arguments, flags and action. */
  readonly load: () => Promise<(command: Command) => void>
}

// `run` and similar commands return the program's own exit code, so a wrong command line gives 125. Grading commands
// return 2 when a submission could not be graded, so a wrong command line gives 1.
const { setup, failure, usage } = EXIT

/**
 * Every command, in the order of the help. The command line loads only the command that the user calls. The engine and
 * the libraries for grading take longer to load than a short program takes to run.
 */
export const commandRows: readonly CommandRow[] = [
  {
    term: 'grade [options] [assignment]',
    summary: 'grade the submissions of an assignment',
    usageCode: failure,
    load: async () => (await import('./grade/grade-command.ts')).defineGrade,
  },
  {
    term: 'merge [options] <report...>',
    summary: 'join the reports of shards',
    usageCode: failure,
    load: async () => (await import('./grade/merge-command.ts')).defineMerge,
  },
  {
    term: 'diff <before> <after>',
    summary: 'show what changed between two reports',
    usageCode: failure,
    load: async () => (await import('./grade/diff-command.ts')).defineDiff,
  },
  {
    term: 'calibrate [options] [assignment]',
    summary: 'propose limits from reference solutions',
    usageCode: failure,
    load: async () => (await import('./grade/calibrate-command.ts')).defineCalibrate,
  },
  {
    term: 'init [options] [folder]',
    summary: 'write a new assignment',
    usageCode: failure,
    load: async () => (await import('./init/init-command.ts')).defineInit,
  },
  {
    term: 'run [options] [command...]',
    summary: 'run a command in a sandbox',
    usageCode: setup,
    load: async () => (await import('./run/run-command.ts')).defineRun,
  },
  {
    term: 'explain [options] [command...]',
    summary: 'show what a run would do',
    usageCode: setup,
    load: async () => (await import('./explain/explain-command.ts')).defineExplain,
  },
  {
    term: 'doctor [options]',
    summary: 'find out what this machine can enforce',
    usageCode: usage,
    load: async () => (await import('./doctor/doctor-command.ts')).defineDoctor,
  },
  {
    term: 'learn [options] <command...>',
    summary: 'write the smallest policy that lets a program pass',
    usageCode: setup,
    load: async () => (await import('./learn-command.ts')).defineLearn,
  },
  {
    term: 'policies [options]',
    summary: 'list the shipped policies',
    usageCode: usage,
    load: async () => (await import('./policies-command.ts')).definePolicies,
  },
  {
    term: 'check <file...>',
    summary: 'validate a policy',
    usageCode: usage,
    load: async () => (await import('./check-command.ts')).defineCheck,
  },
  {
    term: 'completion <shell>',
    summary: 'print a completion script for a shell',
    usageCode: usage,
    load: async () => (await import('./completion/completion-command.ts')).defineCompletion,
  },
]
