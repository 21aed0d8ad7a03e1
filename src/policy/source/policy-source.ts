import type { KeyPath } from '../problem.ts'
import { type Part, type TomlPositions, tomlPositions } from '../toml/positions.ts'
import { codeFrame, offsetAt, type Position, positionAt } from './code-frame.ts'

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

  /** Where a key or its value was written; absent for what has no place, such as a missing key. */
  locate(path: KeyPath, part: Part): Position | undefined {
    this.#positions ??= tomlPositions(this.#toml)
    const offset = this.#positions.find(path, part)
    return offset === undefined ? undefined : this.#positionOf(offset)
  }

  /** Where a position of the TOML text was written. */
  positionOfToml(position: Position): Position {
    return this.#positionOf(offsetAt(this.#toml, position))
  }

  #positionOf(tomlOffset: number): Position {
    return positionAt(this.#written, this.#toWritten(tomlOffset))
  }

  /** The lines around a position, with a caret. */
  frame(position: Position): string {
    return codeFrame(this.#written, position)
  }
}
