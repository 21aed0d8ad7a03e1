/** Writes to stdout, and a newline. A reader that has seen enough (`| head`) is no error. */
export function print(text: string): void {
  process.stdout.once('error', onError).write(`${text}\n`, () => {
    process.stdout.off('error', onError)
  })
}

function onError(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}
