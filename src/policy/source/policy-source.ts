import type { KeyPath } from '../../errors/problem.ts'
import { codeFrame, offsetAt, type Position, positionAt } from './code-frame.ts'
import { type Part, type TomlPositions, tomlPositions } from './positions.ts'

/** A policy's text as the author wrote it. Errors show lines of this text. */
export class PolicySource {
  /** The file's path, as errors show it. */
  readonly path: string
  readonly #written: string
  readonly #toml: string
  readonly #toWritten: (offset: number) => number
  #positions: TomlPositions | undefined

  /**
   * @param rendered the TOML text that the template produced, and a function from an offset in the TOML text to an
   *   offset in the template. Absent for a text without a template.
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

  /**
   * The offset of a key or its value in the text as written. For an absent key, the offset of the nearest table that
   * would contain the key, if there is one.
   */
  locate(path: KeyPath, part: Part): number | undefined {
    this.#positions ??= tomlPositions(this.#toml)
    const offset = this.#positions.find(path, part)
    return offset === undefined ? undefined : this.#toWritten(offset)
  }

  /** Translates a position in the TOML text into the position in the template. */
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
