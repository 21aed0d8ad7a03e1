import { basename } from 'node:path/posix'
import type { Language, Project } from './language.ts'
import { dotted, MiB, program } from './project-commands.ts'
import { SubmissionProblem } from './submission-problem.ts'

export const make: Language = {
  title: 'make',
  extensions: [],
  decidedBy: ['GNUmakefile', 'makefile', 'Makefile'],
  compile: () => ['make'],
  checkBuilt: checkPrograms,
  run: ({ built }) => [dotted(makeProgram(built.filter(({ executable }) => executable)))],
  version: ['make', '--version'],
  install: 'make (Debian: apt install make)',
  limits: { walltime: '10s', cpu: '10s', memory: '256MiB' },
  floors: { memoryBytes: 8 * MiB },
}

/** Names of programs that Gradebox prefers when make built several programs. */
const makeProgramNames = ['main', 'program', 'solution', program]

function makeProgram(built: Project['built']): string {
  const named = makeProgramNames
    .map((name) => built.find(({ path }) => basename(path) === name))
    .find((file) => file !== undefined)
  return (named ?? built[0])?.path ?? program
}

/**
 * Checks that the build made a program, and that Gradebox knows which program to run. Only `make` needs this check,
 * because only a Makefile may choose the program's name.
 *
 * @throws {SubmissionProblem} if make built no program, or several programs of which none has a usual name
 */
function checkPrograms({ built }: Project): void {
  const programs = built.filter(({ executable }) => executable).map(({ path }) => path)
  if (programs.length === 0) throw new SubmissionProblem('built-nothing')
  const isNamed = programs.some((path) => makeProgramNames.includes(path.split('/').at(-1) ?? ''))
  if (programs.length > 1 && !isNamed) {
    throw new SubmissionProblem('built-several', {
      files: programs.join(', '),
      names: makeProgramNames.join(', '),
    })
  }
}
