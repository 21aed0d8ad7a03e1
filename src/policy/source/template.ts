import { createRequire } from 'node:module'
import type HandlebarsModule from 'handlebars'
import { unknownName } from '../../errors/problem.ts'
import { offsetAt, type Position, positionAt } from './code-frame.ts'
import { TemplateError } from './template-error.ts'
import { helperNames, registerHelpers } from './template-helpers.ts'
import type { TemplateInputs } from './template-inputs.ts'

/** A template's result, and a function from an offset in the result to the offset in the template. */
export interface Rendered {
  readonly text: string
  readonly toSource: (offset: number) => number
}

/** A piece of the result: copied text, or the output of one tag. */
interface Piece {
  readonly text: string
  /** Offset in the template. */
  readonly source: number
  readonly copied: boolean
}

// Handlebars loads only for a policy that is a template. Few policies are templates, and loading Handlebars takes
// longer than all other work.
const load = (): typeof HandlebarsModule => createRequire(import.meta.url)('handlebars')

/** Whether a policy is a template. */
export const isTemplate = (text: string): boolean => text.includes('{{')

/**
 * Renders a policy's template as hakoniwa 0.5 does: everywhere, also in comments, and without escaping. Where
 * hakoniwa inserts nothing, as for an unset variable, this function throws.
 *
 * @param inputs records the values that the template reads; the result stays valid while these values do not change
 * @throws {TemplateError}
 */
export function renderTemplate(text: string, inputs: TemplateInputs): Rendered {
  const handlebars = load().create()
  registerHelpers(handlebars, inputs)
  const program = parse(handlebars, text)
  const pieces = program.body.map((statement) => renderPiece(handlebars, statement, text))
  return { text: pieces.map((piece) => piece.text).join(''), toSource: sourceMap(pieces) }
}

function sourceMap(pieces: readonly Piece[]): Rendered['toSource'] {
  return (offset) => {
    let start = 0
    let end = 0
    for (const { text, source, copied } of pieces) {
      if (offset < start + text.length) return copied ? source + offset - start : source
      start += text.length
      end = copied ? source + text.length : source
    }
    return end
  }
}

function parse(handlebars: typeof HandlebarsModule, text: string): hbs.AST.Program {
  try {
    return handlebars.parse(text)
  } catch (error) {
    throw syntaxError(text, error)
  }
}

const TOKENS: Readonly<Record<string, string>> = {
  EOF: 'the end of the file, where a "{{" or a block is still open',
  INVALID: 'a character that no tag has, or a text without its closing quote',
  CLOSE: '"}}"',
  OPEN_ENDBLOCK: '"{{/", which closes no block',
}

// Handlebars reports the line as a number and the column only as a drawing.
function syntaxError(text: string, error: unknown): TemplateError {
  const message = error instanceof Error ? error.message : String(error)
  const line = Number(/^Parse error on line (\d+)/.exec(message)?.[1] ?? 1)
  const end = text.split('\n').slice(0, line).join('\n').length
  const tag = Math.max(0, text.lastIndexOf('{{', end))
  const token = /got '(\w+)'$/.exec(message)?.[1] ?? ''
  const what = TOKENS[token] ?? (token === '' ? message : token.toLowerCase())
  return new TemplateError(`not a template tag: got ${what}`, positionAt(text, tag))
}

function renderPiece(
  handlebars: typeof HandlebarsModule,
  statement: hbs.AST.Statement,
  text: string,
): Piece {
  const { line, column } = statement.loc.start
  const source = offsetAt(text, { line, column: column + 1 })
  if (statement.type === 'ContentStatement') {
    // A comment that is alone on its line removes the line.
    const { value, original } = statement as hbs.AST.ContentStatement & { original: string }
    const cut = Math.max(0, original.length - value.length)
    return { text: value, source: source + (original.endsWith(value) ? cut : 0), copied: true }
  }
  const program = { type: 'Program', body: [statement], strip: {}, loc: statement.loc }
  try {
    const template = handlebars.compile(program, { noEscape: true, strict: true })
    return { text: template({}), source, copied: false }
  } catch (error) {
    throw renderError(error, statement, positionAt(text, source))
  }
}

function renderError(error: unknown, statement: hbs.AST.Statement, at: Position): TemplateError {
  if (error instanceof TemplateError) return error
  const { message, lineNumber, column } = error as HandlebarsModule.Exception
  const position = lineNumber === undefined ? at : { line: lineNumber, column: column + 1 }
  const missing = /^"(.*)" not defined in /.exec(message) ?? /^Missing helper: "(.*)"/.exec(message)
  if (missing === null) return new TemplateError(`the tag cannot be rendered: ${message}`, position)
  const name = missing[1] ?? ''
  const { path } = statement as hbs.AST.MustacheStatement
  if ((path as hbs.AST.PathExpression | undefined)?.original === name) {
    return new TemplateError(unknownName('helper', name, helperNames), position)
  }
  return new TemplateError(`expected a text in quotes, got ${name}`, position)
}
