import type { Position } from './code-frame.ts'

/** An error in a template, with its position; line and column count from 1. */
export class TemplateError extends Error {
  readonly position: Position

  constructor(message: string, position: Position) {
    super(message)
    this.position = position
  }
}
