import type { KeyPath } from '../../errors/problem.ts'
import { codeFrame, offsetAt, type Position, positionAt } from './code-frame.ts'
import { type Part, type TomlPositions, tomlPositions } from './positions.ts'

/** A policy's text as written, for errors that show the lines. */
export class PolicySource {
  /** The file's path, as errors show it. */
  readonly path: string
  readonly #written: string
  readonly #toml: string
  readonly #toWritten: (offset: number) => number
  #positions: TomlPositions | undefined

  /**
   * @param rendered the TOML text that the template produced, and the template's offset of each of its
   *   characters; absent for a text without a template
   */
  constructor(
    path: string,
    written: string,
    rendered?: { readonly text: string; readonly toSource: (offset: number) => number },
  ) {
    this.path = path
    this.#written = written
    this.#toml = rendered?.text ?? written
    this.#toWritten = rendered?.toSource ?? ((offset) => offset)
  }

  /** The offset of a key or its value as written; absent for a key that is not in the text. */
  locate(path: KeyPath, part: Part): number | undefined {
    this.#positions ??= tomlPositions(this.#toml)
    const offset = this.#positions.find(path, part)
    return offset === undefined ? undefined : this.#toWritten(offset)
  }

  /** The position in the template of a position in the TOML text. */
  positionOfToml(position: Position): Position {
    return this.positionOf(this.#toWritten(offsetAt(this.#toml, position)))
  }

  /** The offset of a position of the text as written. */
  offsetOf(position: Position): number {
    return offsetAt(this.#written, position)
  }

  /** The position of an offset of the text as written. */
  positionOf(offset: number): Position {
    return positionAt(this.#written, offset)
  }

  /** The lines around a position, with a caret. */
  frame(position: Position): string {
    return codeFrame(this.#written, position)
  }
}
