import type { Position } from './code-frame.ts'

/** What is wrong with a template, and where; both counted from 1. */
export class TemplateError extends Error {
  readonly position: Position

  constructor(message: string, position: Position) {
    super(message)
    this.position = position
  }
}
