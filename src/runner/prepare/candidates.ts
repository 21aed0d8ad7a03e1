const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin'

/**
 * The paths to search for a command, as execvp(3) does, but in the sandbox.
 *
 * @param path the program's PATH; without one, the usual directories
 */
export function candidatesFor(command: string, path: string = DEFAULT_PATH): string[] {
  if (command.includes('/')) return [command]
  return path.split(':').map((directory) => `${directory === '' ? '.' : directory}/${command}`)
}
