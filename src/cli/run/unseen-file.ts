import { statSync } from 'node:fs'
import { extname, join, posix, relative, resolve } from 'node:path'
import { languages } from '../../grading/languages/language-table.ts'
import type { RunOptions } from '../../runner/options/run-options.ts'

type View = Pick<RunOptions, 'cwd' | 'policy' | 'mounts' | 'files' | 'workdir' | 'workdirTarget'>

/**
 * Gives advice when the command line names a file of this machine that the sandbox does not show.
 *
 * @returns undefined when the command line names no such file
 */
export function unseenFileHint(
  { command, args, ...view }: Pick<RunOptions, 'command' | 'args'> & View,
  isCommandMissing: boolean,
): string | undefined {
  if (isCommandMissing) return isUnseen(command, view) ? commandHint(command, args) : undefined
  const word = args.find((each) => isUnseen(each, view))
  return word === undefined ? undefined : advice(word, 'name it in the same way')
}

function commandHint(command: string, args: readonly string[]): string {
  const path = `./${relative(process.cwd(), resolve(command))}`
  const line = ['gradebox run -w . --', ...interpreterOf(command), path, ...args].join(' ')
  return isBelow(command) ? advice(command, `run it as \`${line}\``) : advice(command, '')
}

function advice(word: string, then: string): string {
  const subject = `This machine has the file ${JSON.stringify(word)}, and the sandbox does not show it`
  if (isBelow(word)) return `${subject}: show this directory, writable, with \`-w .\`, and ${then}.`
  const path = resolve(word)
  return `${subject}: show it with \`--ro-bind ${path}\`, and name it ${JSON.stringify(path)}.`
}

// `-w` shows a directory at /hako and not at the directory's absolute path, so an absolute path needs different advice.
const isBelow = (word: string): boolean =>
  !word.startsWith('/') && !relative(process.cwd(), resolve(word)).startsWith('..')

function isUnseen(word: string, view: View): boolean {
  return !word.startsWith('-') && isHostFile(resolve(word)) && !isShown(word, view)
}

function isHostFile(path: string): boolean {
  return !path.includes('\0') && statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

function isShown(word: string, view: View): boolean {
  const { cwd, policy, mounts, files, workdir, workdirTarget } = view
  const path = posix.resolve(cwd, word)
  if ([...policy.files, ...files].some(({ target }) => target === path)) return true
  const shown = [
    ...(workdir === undefined ? [] : [{ source: workdir.source, target: workdirTarget }]),
    ...[...policy.mounts, ...mounts].filter((mount) => 'source' in mount),
  ]
  return shown.some(({ source, target }) => {
    const rest = posix.relative(target, path)
    return !rest.startsWith('..') && isHostFile(join(source, rest))
  })
}

/** The interpreter for a source file that needs no compiler, such as `python3` for `x.py`; empty for other files. */
function interpreterOf(path: string): readonly string[] {
  const { mode } = statSync(path)
  if ((mode & 0o111) !== 0) return []
  const language = Object.values(languages).find(
    (each) => !('compile' in each) && each.extensions.includes(extname(path)),
  )
  if (language === undefined) return []
  const main = { path: '', text: '' }
  const command = language.run(
    { main, sources: [main], files: [''], built: [] },
    { memoryBytes: 0 },
  )
  return command.slice(0, -1)
}
