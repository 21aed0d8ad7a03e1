import { SandboxError } from '../../errors/sandbox-error.ts'
import type { FeedbackLanguage } from '../../feedback/feedback-texts.ts'
import { feedbackFor } from '../../feedback/run-feedback.ts'
import { clockMs } from '../../globals.ts'
import { visible } from '../../units/visible.ts'
import { gradingTexts, problemText } from '../grading-texts.ts'
import {
  BuildFailure,
  type BuiltProgram,
  buildSubmission,
  type DetectedLanguage,
} from '../languages/build.ts'
import type { LanguageTable } from '../languages/language.ts'
import {
  describeFile,
  readSubmissionFiles,
  type SubmittedFile,
  unreadableSubmission,
} from '../languages/submission-files.ts'
import { SubmissionProblem } from '../languages/submission-problem.ts'
import { ownDirectory } from '../own-directory.ts'
import type { ReportBuild } from '../report/report-schema.ts'
import type { SubmissionFacts } from '../report/test-outcome.ts'
import { checkFolder, RefusedSubmission } from '../submissions/exports/check-entries.ts'
import type { FoundSubmission } from '../submissions/found-submission.ts'
import type { Submission } from './assignment-options.ts'
import { describeRun, forStaff } from './excerpts.ts'

/** A submission with its files and its built program, or with the reason why one of these steps failed. */
export interface Prepared {
  readonly submission: Submission
  readonly facts: SubmissionFacts
  readonly program?: BuiltProgram
  /**
   * The problem that prevented the build. The student must fix a `SubmissionProblem`. The staff must fix any other
   * error.
   */
  readonly problem?: SubmissionProblem | Error
}

/** Reads a submission's files and builds its program. */
export async function prepareSubmission(
  found: FoundSubmission,
  table: LanguageTable,
  language: FeedbackLanguage,
): Promise<Prepared> {
  const started = clockMs()
  let files: readonly SubmittedFile[] = []
  try {
    refuseUnsafe(found)
    files = readSubmissionFiles(found.path)
    const program = await buildSubmission(files, table, buildsDirectory())
    const build: ReportBuild = {
      status: program.run === undefined ? 'none' : 'passed',
      studentMessage: '',
      staffMessage: program.run === undefined ? '' : forStaff(program.run.stderr),
      durationMs: clockMs() - started,
      ...(program.run === undefined ? {} : { run: describeRun(program.run, undefined) }),
    }
    const { name, version } = program
    const detected = { name, title: program.language.title, version }
    return { ...describe(found, files, build, detected), program }
  } catch (error) {
    const problem = error instanceof Error ? error : new Error(String(error))
    const build = failedBuild(problem, language, clockMs() - started)
    const detected = problem instanceof BuildFailure ? problem.language : undefined
    return { ...describe(found, files, build, detected), problem }
  }
}

let builds: string | undefined

/** The directory in which this process keeps the programs that it builds. */
function buildsDirectory(): string {
  builds ??= ownDirectory('builds')
  return builds
}

// Only staff can decide whether strange files are an accident, so Gradebox does not give 0 points for them.
function refuseUnsafe({ id, path, refused }: FoundSubmission): void {
  if (refused !== undefined) throw refusedError(id, refused)
  try {
    checkFolder(path)
  } catch (error) {
    if (error instanceof RefusedSubmission) throw refusedError(id, error.message)
    throw unreadableSubmission(error)
  }
}

const refusedError = (id: string, reason: string): SandboxError =>
  new SandboxError(`The submission ${id} is refused: ${reason}`, {
    code: 'OPTION_INVALID',
    hint: 'Ask the student for other files, or correct them by hand and grade the folder.',
  })

function describe(
  found: FoundSubmission,
  files: readonly SubmittedFile[],
  build: ReportBuild,
  language: DetectedLanguage | undefined,
): Pick<Prepared, 'submission' | 'facts'> {
  const { id, people, path, metadata, submittedAt } = found
  const times = submittedAt === undefined ? {} : { submittedAt }
  return {
    submission: {
      id,
      people,
      path,
      metadata,
      ...times,
      files: files.map(({ path: name, text }) => ({
        path: name,
        ...(text === undefined ? {} : { text }),
      })),
      ...(language === undefined ? {} : { language: language.name }),
    },
    facts: {
      metadata,
      ...times,
      files: files.map(describeFile),
      build,
      ...(language === undefined ? {} : { language }),
    },
  }
}

function failedBuild(problem: Error, language: FeedbackLanguage, durationMs: number): ReportBuild {
  if (!(problem instanceof SubmissionProblem)) {
    const { error } = gradingTexts[language]
    return {
      status: 'error',
      studentMessage: error,
      staffMessage: forStaff(problem.message),
      durationMs,
    }
  }
  const text = problemText(problem, language)
  const failed = { status: 'failed', problem: problem.code } as const
  if (!(problem instanceof BuildFailure)) {
    return { ...failed, studentMessage: text, staffMessage: text, durationMs }
  }
  const { run } = problem
  const output = forStaff(`${run.stderr}${run.stdout}`.trim())
  const end = run.status === 'exited' ? [] : [feedbackFor(run, { language })]
  const says = output === '' ? [] : [`${gradingTexts[language].compilerSays}\n${visible(output)}`]
  return {
    ...failed,
    studentMessage: [text, ...end, ...says].join('\n'),
    staffMessage: [text, forStaff(run.reason), output].filter((part) => part !== '').join('\n'),
    durationMs,
    run: describeRun(run, undefined),
  }
}
