#!/usr/bin/env node
import { CommanderError } from 'commander'
import { runCommandLine } from './command-line.ts'
import { CliError, EXIT, printError } from './errors.ts'

try {
  await runCommandLine(process.argv.slice(2))
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode
  else {
    printError(error)
    process.exitCode = error instanceof CliError ? error.exitCode : EXIT.failure
  }
}
