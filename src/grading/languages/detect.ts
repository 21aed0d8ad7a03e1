import { basename, extname } from 'node:path/posix'
import type { Language, LanguageTable, SourceFile } from './language.ts'
import { withoutComments } from './source-text.ts'
import { SubmissionProblem } from './submission-problem.ts'

/** A submission's language, and the file that its program starts with. */
export interface Detected {
  readonly name: string
  readonly language: Language
  readonly main: SourceFile
  readonly sources: readonly SourceFile[]
}

/**
 * Detects the language of a submission, and the file that the program starts with. Files that select a language, such
 * as a Makefile, take precedence over extensions.
 *
 * @throws {SubmissionProblem} if there is no program, with the possible endings; if there are several programs or
 *   languages, with their names
 */
export function detectLanguage(files: readonly SourceFile[], table: LanguageTable): Detected {
  if (files.length === 0) throw new SubmissionProblem('empty')
  for (const [name, language] of Object.entries(table)) {
    const decisive = decisiveFile(files, language)
    if (decisive !== undefined) return { name, language, main: decisive, sources: [decisive] }
  }
  const candidates = Object.entries(table)
    .map(([name, language]) => ({ name, language, sources: sourcesOf(files, language) }))
    .filter(({ sources }) => sources.length > 0)
  const [only, ...others] = candidates
  if (only === undefined) throw noProgram(table)
  if (others.length > 0) throw severalLanguages(candidates)
  return { ...only, main: mainFile(only.language, only.sources) }
}

/** The files with an extension of the language, in the given order. */
function sourcesOf(files: readonly SourceFile[], language: Language): SourceFile[] {
  return files.filter(({ path }) => language.extensions.includes(extname(path)))
}

// Searches only the top folder, because a submitted library in a folder below may have its own Makefile.
function decisiveFile(files: readonly SourceFile[], { decidedBy = [] }: Language) {
  return decidedBy
    .map((name) => files.find(({ path }) => path === name))
    .find((file) => file !== undefined)
}

function mainFile(language: Language, sources: readonly SourceFile[]): SourceFile {
  const [first, ...others] = sources
  if (first !== undefined && others.length === 0) return first
  const { startsAt } = language
  const starts =
    startsAt === undefined ? [] : sources.filter(({ text }) => startsAt.test(withoutComments(text)))
  const [start, ...moreStarts] = starts
  if (start !== undefined && moreStarts.length === 0) return start
  if (language.linksAll === true) {
    if (start === undefined) throw new SubmissionProblem('no-start', { files: list(sources) })
    throw new SubmissionProblem('several-programs', { files: list(starts) })
  }
  const candidates = starts.length > 0 ? starts : sources
  return bestNamed(language, candidates) ?? throwSeveral(candidates)
}

function bestNamed({ mainNames = [] }: Language, candidates: readonly SourceFile[]) {
  for (const name of mainNames) {
    const named = candidates.filter(({ path }) => basename(path) === name)
    if (named.length > 1) return undefined
    if (named[0] !== undefined) return named[0]
  }
  return undefined
}

function throwSeveral(candidates: readonly SourceFile[]): never {
  throw new SubmissionProblem('several-programs', { files: list(candidates) })
}

const mostNamed = 10

function list(files: readonly SourceFile[]): string {
  const names = files.slice(0, mostNamed).map(({ path }) => path)
  return [...names, ...(files.length > mostNamed ? ['…'] : [])].join(', ')
}

function noProgram(table: LanguageTable): SubmissionProblem {
  const endings = Object.values(table).flatMap(({ extensions, decidedBy = [] }) => [
    ...decidedBy.slice(-1),
    ...extensions.slice(0, 1),
  ])
  return new SubmissionProblem('no-program', { endings: endings.join(', ') })
}

function severalLanguages(
  candidates: readonly { language: Language; sources: readonly SourceFile[] }[],
): SubmissionProblem {
  const named = candidates.map(({ language, sources }) => `${language.title} (${list(sources)})`)
  return new SubmissionProblem('several-languages', { candidates: named.join('; ') })
}
