/** Writes a text and a newline to stdout. A reader that stops early (`| head`) is no error. */
export function print(text: string): void {
  process.stdout.once('error', onError).write(`${text}\n`, () => {
    process.stdout.off('error', onError)
  })
}

function onError(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}
