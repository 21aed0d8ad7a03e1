import { SandboxError } from '../../errors/sandbox-error.ts'
import type { SandboxResult } from '../../runner/result.ts'
import { visible } from '../../units/visible.ts'
import { languageVersion, notInstalled } from './installed.ts'
import type { Language, LanguageTable, Project } from './language.ts'
import { buildLimitsFor } from './language-limits.ts'
import { runTool } from './run-tool.ts'

/**
 * Finds out whether a build failed because a compiler is broken. A compiler without its linker or its headers still
 * prints its version, but it refuses every program, including the sample of its language.
 *
 * A Makefile may call any compiler, so the function checks the languages of all files in the submission.
 *
 * @returns the error for the staff; undefined if the compilers build their samples
 */
export async function brokenCompiler(
  language: Language,
  { files }: Project,
  table: LanguageTable,
): Promise<SandboxError | undefined> {
  const isUsed = ({ extensions }: Language) =>
    extensions.some((extension) => files.some((path) => path.endsWith(extension)))
  const suspects = language.sample === undefined ? Object.values(table).filter(isUsed) : [language]
  const errors = await Promise.all(suspects.map(checkOnce))
  return errors.find((error) => error !== undefined)
}

const checks = new WeakMap<Language, Promise<SandboxError | undefined>>()

function checkOnce(language: Language): Promise<SandboxError | undefined> {
  const check = checks.get(language) ?? checkCompiler(language)
  checks.set(language, check)
  // On a busy machine, the check throws an error, and the next failed build repeats the check.
  check.catch(() => checks.delete(language))
  return check
}

async function checkCompiler(language: Language): Promise<SandboxError | undefined> {
  const { sample, compile, title, install } = language
  if (sample === undefined || compile === undefined) return undefined
  if ((await languageVersion(language)) === undefined) return notInstalled(language)
  const project = { main: sample, sources: [sample], files: [sample.path], built: [] }
  const run = await runTool(`the build of a sample in ${title}`, language, compile(project), {
    limits: buildLimitsFor(language),
    files: { [`/work/${sample.path}`]: sample.text },
  })
  if (run.ok) return undefined
  return new SandboxError(`${title} cannot build any program here: ${summary(run)}`, {
    code: 'SETUP_FAILED',
    hint: `Install all of ${install}, and grade again. A limit in \`compileLimits\` may also be too low.`,
  })
}

/** An error shows at most this many characters of a compiler's messages. */
const MOST_CHARACTERS = 300

// An error has only one line. The first messages of a compiler name the cause, so the beginning is enough.
function summary({ reason, stderr, stdout }: SandboxResult): string {
  const output = visible(`${stderr}${stdout}`.replace(/\s+/g, ' ').trim().slice(0, MOST_CHARACTERS))
  return output === '' ? reason : `${reason} and printed: ${output}`
}
