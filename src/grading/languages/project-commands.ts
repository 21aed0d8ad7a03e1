import type { Command, Project } from './language.ts'

export const MiB = 1024 * 1024

/** The name of a built program. */
export const program = 'a.out'

/** A path as an argument, after "./", because a compiler would read a path that starts with "-" as an option. */
export const dotted = (path: string) => `./${path}`

/** All source files as arguments. */
export const paths = ({ sources }: Project) => sources.map(({ path }) => dotted(path))

export const runProgram = (): Command => [dotted(program)]
