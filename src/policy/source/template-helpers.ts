import { resolve } from 'node:path'
import type HandlebarsModule from 'handlebars'
import { show } from '../../errors/problem.ts'
import { TemplateError } from './template-error.ts'
import type { TemplateInputs } from './template-inputs.ts'

/** The helpers of hakoniwa 0.5's policies. */
export const helperNames = ['os_env', 'os_homedir', 'fs_read_to_string'] as const

/** Quotes a text as a TOML basic string. The syntax is that of JSON, except that TOML allows no raw DEL. */
const quote = (text: string): string => JSON.stringify(text).replaceAll('\x7f', '\\u007f')

interface Call {
  readonly inputs: TemplateInputs
  /** The argument that the tag passes to the helper, as text. */
  readonly argument: string
}

type Helper = (call: Call) => string

// An error without a position. registerHelpers() adds the position of the tag that called the helper.
class HelperError extends Error {}

const osEnv: Helper = ({ inputs, argument }) => {
  const value = inputs.variable(argument)
  if (value !== undefined) return quote(value)
  throw new HelperError(`os_env: the environment variable ${show(argument)} is not set`)
}

const osHomedir: Helper = ({ inputs, argument }) => {
  const home = inputs.variable('HOME')
  if (home !== undefined) return quote(home + argument)
  throw new HelperError('os_homedir: the environment variable "HOME" is not set')
}

const fsReadToString: Helper = ({ inputs, argument }) => {
  const path = resolve(argument)
  let bytes: Uint8Array
  try {
    bytes = inputs.readFile(path)
  } catch (error) {
    const { code = 'EIO' } = error as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'there is no such file' : `it cannot be read: ${code}`
    throw new HelperError(`fs_read_to_string: ${show(path)}: ${why}`)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new HelperError(`fs_read_to_string: ${show(path)}: it is not text in UTF-8`)
  }
}

const helpers: Readonly<Record<(typeof helperNames)[number], Helper>> = {
  os_env: osEnv,
  os_homedir: osHomedir,
  fs_read_to_string: fsReadToString,
}

/**
 * Adds the helpers of hakoniwa's policies to an instance of Handlebars. `os_env "NAME"` and `os_homedir "/sub"` return
 * a quoted TOML string. `fs_read_to_string "path"` returns a file's text unchanged. A relative path starts at the
 * process's working directory.
 */
export function registerHelpers(handlebars: typeof HandlebarsModule, inputs: TemplateInputs): void {
  for (const name of helperNames) {
    handlebars.registerHelper(name, (...args: unknown[]) => {
      const { loc } = args.pop() as { loc: hbs.AST.SourceLocation }
      const { line, column } = loc.start
      try {
        if (args.length !== 1) {
          throw new HelperError(`${name}: expected one argument, got ${args.length}`)
        }
        const [argument] = args
        if (typeof argument !== 'string') {
          throw new HelperError(`${name}: expected a text in quotes, as in {{ ${name} "x" }}`)
        }
        return helpers[name]({ inputs, argument })
      } catch (error) {
        if (!(error instanceof HelperError)) throw error
        throw new TemplateError(error.message, { line, column: column + 1 })
      }
    })
  }
}
