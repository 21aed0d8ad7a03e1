import { isSandboxError, SandboxError } from '../../errors/sandbox-error.ts'
import type { Language, LanguageTable } from './language.ts'
import { languages as shipped } from './language-table.ts'
import { runTool } from './run-tool.ts'

/** Whether a language can be used on this machine. */
export interface InstalledLanguage {
  readonly name: string
  readonly title: string
  /** The line in which the compiler or interpreter prints its version; absent if the language is not installed. */
  readonly version?: string
  /** The package to install; absent if the language is installed. */
  readonly install?: string
}

/** Runs the version command of every language, under the policy of the language's builds. */
export async function installedLanguages(
  table: LanguageTable = shipped,
): Promise<InstalledLanguage[]> {
  return await Promise.all(
    Object.entries(table).map(async ([name, language]) => {
      const version = await languageVersion(language)
      const { title, install } = language
      return { name, title, ...(version === undefined ? { install } : { version }) }
    }),
  )
}

const known = new WeakMap<Language, Promise<string | undefined>>()

/**
 * The version of a language's compiler or interpreter; undefined if the language is not installed. The version command
 * runs only once per language.
 *
 * @throws {SandboxError} for a machine on which no sandbox works
 */
export function languageVersion(language: Language): Promise<string | undefined> {
  const version = known.get(language) ?? askVersion(language)
  known.set(language, version)
  return version
}

async function askVersion(language: Language): Promise<string | undefined> {
  try {
    const { ok, stdout, stderr } = await runTool(
      `\`${language.version.join(' ')}\``,
      language,
      language.version,
      { limits: { walltime: '60s', cpu: '60s', memory: '1GiB', ...language.compileLimits } },
    )
    if (!ok) return undefined
    return `${stdout}\n${stderr}`.split('\n').map(tidy).find(isVersion)
  } catch (error) {
    if (isSandboxError(error) && error.code === 'PROGRAM_NOT_FOUND') return undefined
    throw error
  }
}

const tidy = (line: string) => line.trim()
// The JVM may first print a warning, and Perl may first print an empty line.
const isVersion = (line: string) => /\d/.test(line) && !/warning/i.test(line)

/** The error for the staff if a language is not installed. */
export function notInstalled({ title, install }: Language): SandboxError {
  return new SandboxError(`${title} is not installed where the sandbox can see it`, {
    code: 'PROGRAM_NOT_FOUND',
    hint: `Install ${install}, and grade again.`,
  })
}
