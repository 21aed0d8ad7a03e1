import type { Position } from './code-frame.ts'

/** An error in a template, with the error's position. Line and column start at 1. */
export class TemplateError extends Error {
  readonly position: Position

  constructor(message: string, position: Position) {
    super(message)
    this.position = position
  }
}
