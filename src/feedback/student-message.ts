import { cutMiddle, type Excerpt, excerpt, lastLines } from '../units/cut.ts'
import { visible, visibleLine } from '../units/visible.ts'
import { chooseTexts, type FeedbackOptions, fill } from './feedback-texts.ts'
import type { FinishedRun } from './finished-run.ts'
import type { FeedbackTexts } from './languages/texts.ts'
import type { FileFailure, MatcherFailure, OutputFailure } from './matcher-failure.ts'
import { cpuTimeFeedback, duration, feedbackFor, memoryFeedback } from './run-feedback.ts'

export interface StudentMessageOptions extends FeedbackOptions {
  /** The program's stdin. The message shows this text, cut to a readable length. */
  readonly input?: string | undefined
  /**
   * The program's stderr. If the run failed, the message shows the last lines, because they often contain an exception.
   */
  readonly errorOutput?: string | undefined
  /** Whether to show input and outputs below the sentence. @default true */
  readonly details?: boolean | undefined
}

/**
 * The message for the student whose program failed an assertion. The message has a sentence about the difference, and
 * then the input, the expected output and the received output. Each of these texts is cut to a readable length. If the
 * run did not succeed, a sentence about the end of the run comes first.
 *
 * @throws {RangeError} for a language that Gradebox has no texts for
 * @example
 * studentMessage(failure, { input: '3 1 2\n' })
 * // Line 1: expected `2`, your program printed `3`.
 * //
 * // Input:
 * // 3 1 2
 * // …
 */
export function studentMessage(
  failure: MatcherFailure,
  options: StudentMessageOptions = {},
): string {
  const texts = chooseTexts(options)
  const sentences = [...causeOf(failure, options), difference(failure, options, texts)]
  const blocks = options.details === false ? [] : details(failure, options, texts)
  return [[...new Set(sentences)].join('\n'), ...blocks].join('\n\n')
}

const succeeded = ({ status, exitCode }: FinishedRun): boolean =>
  status === 'exited' && exitCode === 0

// The end of a failed run explains missing output. An assertion about the end already describes the end.
function causeOf(failure: MatcherFailure, options: FeedbackOptions): string[] {
  const isAboutEnd = failure.kind === 'end' || failure.kind === 'exit-code'
  if (isAboutEnd || failure.negated || succeeded(failure.run)) return []
  return [feedbackFor(failure.run, options)]
}

function difference(
  failure: MatcherFailure,
  options: FeedbackOptions,
  texts: FeedbackTexts,
): string {
  const { run, negated } = failure
  const end = feedbackFor(run, options)
  const otherEnd = succeeded(run) || negated ? fill(texts.otherEndExpected, { sentence: end }) : end
  switch (failure.kind) {
    case 'output':
      return inPlace(
        failure,
        negated ? texts.shouldNotPrint : outputSentence(failure, texts),
        texts,
      )
    case 'file':
      return fileSentence(failure, texts) ?? otherEnd
    case 'exit-code': {
      if (run.status !== 'exited') return end
      const template = negated ? texts.exitCodeUnwanted : texts.exitCodeDiffers
      return fill(template, { code: run.exitCode ?? 0, expected: failure.expected })
    }
    case 'wall-time':
      if (negated || run.status !== 'exited') return otherEnd
      return wallTimeSentence(failure.used, failure.limit, texts)
    case 'cpu-time':
      return negated ? otherEnd : cpuTimeFeedback(failure.used, failure.limit, texts)
    case 'memory':
      return negated ? otherEnd : memoryFeedback(failure.used, failure.limit, texts)
    case 'end':
      return otherEnd
  }
}

function wallTimeSentence(usedMs: number, limitMs: number, texts: FeedbackTexts): string {
  const [used, limit] = [duration(usedMs, texts), duration(limitMs, texts)]
  return fill(used === limit ? texts.tookTooLongSlightly : texts.tookTooLong, { used, limit })
}

function fileSentence({ file, problem }: FileFailure, texts: FeedbackTexts): string | undefined {
  const templates: Readonly<Record<FileFailure['problem'], string | undefined>> = {
    'not-written': texts.fileMissing,
    // The test did not ask for the file, so the student made no mistake.
    'not-collected': undefined,
    unreadable: texts.fileUnreadable,
    contents: texts.fileDiffers,
    present: texts.fileUnwanted,
  }
  const template = templates[problem]
  return template === undefined ? undefined : fill(template, { file: visibleLine(file) })
}

const mostInline = 100

const inline = (text: string): string => visibleLine(cutMiddle(text, mostInline))

function outputSentence(failure: OutputFailure, texts: FeedbackTexts): string {
  const { line, expected, received, only, invalidByte } = failure
  if (invalidByte !== undefined) {
    const byte = `0x${invalidByte.byte.toString(16).padStart(2, '0')}`
    return fill(texts.invalidText, { line: invalidByte.line, byte })
  }
  if (only === 'final-newline-missing') return texts.finalNewlineMissing
  if (only === 'final-newline-too-many') return texts.finalNewlineTooMany
  const sentence = lineSentence(failure, texts)
  if (sentence === undefined) return texts.formDiffers
  const values = { line, expected: inline(expected ?? ''), received: inline(received ?? '') }
  const remark = only === undefined ? '' : { space: texts.onlySpace, case: texts.onlyCase }[only]
  return `${fill(sentence, values)} ${remark}`.trimEnd()
}

function lineSentence(
  { line, expected, received, receivedExcerpt }: OutputFailure,
  texts: FeedbackTexts,
): string | undefined {
  if (expected === undefined) return received === undefined ? undefined : texts.lineTooMany
  if (received !== undefined) return texts.lineDiffers
  return line === 1 && receivedExcerpt.lines.length === 0 ? texts.nothingPrinted : texts.lineMissing
}

function inPlace(
  { stream, file }: OutputFailure,
  sentence: string,
  { inFile, inErrorOutput }: FeedbackTexts,
): string {
  if (file !== undefined) return fill(inFile, { file: visibleLine(file), sentence })
  return stream === 'stderr' ? fill(inErrorOutput, { sentence }) : sentence
}

function details(
  failure: MatcherFailure,
  { input, errorOutput = '' }: StudentMessageOptions,
  texts: FeedbackTexts,
): string[] {
  const blocks: string[] = []
  const add = (heading: string, lines: Excerpt) => blocks.push(block(heading, lines, texts))
  if (input !== undefined) add(texts.input, excerpt(input))
  if (failure.kind === 'output') {
    const { expectedExcerpt, receivedExcerpt, negated } = failure
    if (expectedExcerpt !== undefined && !negated) add(texts.expectedOutput, expectedExcerpt)
    add(texts.receivedOutput, receivedExcerpt)
    if (failure.stream === 'stderr') return blocks
  }
  if (errorOutput !== '' && !succeeded(failure.run)) add(texts.errorOutput, lastLines(errorOutput))
  return blocks
}

function block(
  heading: string,
  { firstLine, lines, moreLines }: Excerpt,
  texts: FeedbackTexts,
): string {
  const title = firstLine === 1 ? heading : fill(texts.fromLine, { heading, line: firstLine })
  const body = lines.length === 0 ? [texts.empty] : lines.map(visible)
  const template = moreLines === 1 ? texts.oneMoreLine : texts.moreLines
  const more = moreLines === 0 ? [] : [fill(template, { count: moreLines })]
  return [`${title}:`, ...body, ...more].join('\n')
}
