/** Shows the current step on one line of a terminal; prints nothing elsewhere. */
export class Progress {
  readonly #stream: NodeJS.WriteStream

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  show(text: string): void {
    if (this.#stream.isTTY) this.#stream.write(`\r\u001b[K${text}`)
  }

  clear(): void {
    this.show('')
  }
}
