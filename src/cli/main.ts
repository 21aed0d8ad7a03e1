#!/usr/bin/env node
import { CommanderError } from 'commander'
import { CliError, EXIT, printError } from './errors.ts'
import { makeProgram } from './make-program.ts'

try {
  await makeProgram().parseAsync(process.argv)
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode
  else {
    printError(error)
    process.exitCode = error instanceof CliError ? error.exitCode : EXIT.failure
  }
}
