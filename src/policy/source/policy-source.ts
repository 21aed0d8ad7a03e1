import type { KeyPath } from '../../errors/problem.ts'
import { codeFrame, offsetAt, type Position, positionAt } from './code-frame.ts'
import { type Part, type TomlPositions, tomlPositions } from './positions.ts'

/** A policy's text as it was written, for errors that show where they are. */
export class PolicySource {
  /** As it is shown: the file's path. */
  readonly path: string
  readonly #written: string
  readonly #toml: string
  readonly #toWritten: (offset: number) => number
  #positions: TomlPositions | undefined

  /**
   * @param rendered the TOML text that the template gave, and from where in the template each of its
   *   characters came; absent for a text without a template
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

  /** The offset of a key or its value as written; absent for what has no place. */
  locate(path: KeyPath, part: Part): number | undefined {
    this.#positions ??= tomlPositions(this.#toml)
    const offset = this.#positions.find(path, part)
    return offset === undefined ? undefined : this.#toWritten(offset)
  }

  /** Where a position of the TOML text was written. */
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
