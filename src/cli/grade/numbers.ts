import { CliError, EXIT } from '../errors.ts'

/** Makes the parser of a flag whose value is a whole number from 1 up. */
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
