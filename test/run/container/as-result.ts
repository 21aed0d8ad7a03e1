/** The last line of a container's output as JSON. */
export function asResult(output: string) {
  try {
    return JSON.parse(output.split('\n').at(-1) ?? '')
  } catch {
    throw new Error(`The container wrote: ${output}`)
  }
}
