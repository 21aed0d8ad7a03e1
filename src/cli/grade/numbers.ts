import { CliError, EXIT } from '../errors.ts'

/** Reads a flag that is a whole number from 1. */
export const positive =
  (flag: string) =>
  (text: string): number => {
    const value = Number(text)
    if (Number.isInteger(value) && value > 0) return value
    throw new CliError(
      `Expected ${flag} to be a whole number from 1, got ${JSON.stringify(text)}`,
      EXIT.failure,
    )
  }
