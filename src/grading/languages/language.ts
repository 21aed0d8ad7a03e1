import type { LimitOptions } from '../../runner/options/sandbox-options.ts'

/** A program and its arguments. */
export type Command = readonly [program: string, ...args: string[]]

/** A source file of a submission, in UTF-8, without a byte order mark, and with LF at line ends. */
export interface SourceFile {
  /** Relative to the submission. */
  readonly path: string
  readonly text: string
}

/** The files of a submission, as input for the commands of its language. */
export interface Project {
  /** The file that the program starts with, relative to `/work`. */
  readonly main: SourceFile
  /** All source files of the language, including `main`, in order of their paths. */
  readonly sources: readonly SourceFile[]
  /** All files of the submission, relative to `/work`. */
  readonly files: readonly string[]
  /** Files that the build made or changed; empty before the build, and for a language without a build. */
  readonly built: readonly BuiltFile[]
}

/** A file that a build left in `/work`. */
export interface BuiltFile {
  readonly path: string
  /** Whether the file is an ELF program, or a script with `#!`. */
  readonly executable: boolean
}

/** The limits below which no program of a language starts. */
export interface Floors {
  readonly walltimeMs?: number
  readonly memoryBytes?: number
  readonly processes?: number
}

/**
 * Files that a compiler makes once from its own files, such as precompiled headers, so that each later build is
 * shorter.
 */
export interface Preparation {
  /** Makes the files in the current directory; undefined if the project's build cannot use the files. */
  readonly prepare: (build: Command, project: Project) => Command | undefined
  /**
   * The build's command when the files are in the directory `place`. If this build prints anything, Gradebox repeats
   * the build without the files.
   */
  readonly use: (build: Command, place: string) => Command
  /** The number of builds without the files before Gradebox makes them. @default 0 */
  readonly after?: number
  /** Whether a build waits for the files. Set it if a build without the files takes as long. @default false */
  readonly waits?: boolean
  /** Whether the compiler writes to the files. If so, each build changes a copy of its own. @default false */
  readonly changes?: boolean
}

/** How Gradebox recognizes, builds and runs programs of one language. */
export interface Language {
  /** The name as people write it: `C++`. */
  readonly title: string
  /** Endings of source files, such as `.cpp`. */
  readonly extensions: readonly string[]
  /**
   * Names of files that select this language, such as `Makefile`. They take precedence over the extensions of all
   * files.
   */
  readonly decidedBy?: readonly string[]
  /** Usual names of the file to start with, the best first. If several files are possible, these names decide. */
  readonly mainNames?: readonly string[]
  /** Finds the place where a program starts, in a source without comments and string literals. */
  readonly startsAt?: RegExp
  /** Whether the build links all sources into one program, so that two places to start are an error. */
  readonly linksAll?: boolean
  /** Builds the program in `/work`; absent if the source runs without a build. */
  readonly compile?: (project: Project) => Command
  /**
   * Throws a {@link SubmissionProblem} if the build made no program that `run` could start. Absent if every successful
   * build makes such a program.
   */
  readonly checkBuilt?: (project: Project) => void
  /**
   * A program that every working compiler builds. When a submission's build fails, the sample shows whether the
   * compiler is to blame, for example because its linker is missing. Without a sample, each failed build counts as the
   * student's fault.
   */
  readonly sample?: SourceFile
  /** Makes builds shorter with files that the compiler prepares once; absent for a compiler without such files. */
  readonly preparation?: Preparation
  /** Runs the program in `/work` with at most `memoryBytes` of memory. */
  readonly run: (project: Project, limits: { readonly memoryBytes: number }) => Command
  /** Prints the version, and fails if the language is not installed. */
  readonly version: Command
  /** Other programs of the language. If one of these programs changes, cached results become invalid. @default [] */
  readonly tools?: readonly string[]
  /** The package to install if the language is missing. */
  readonly install: string
  /** @default 'strict' */
  readonly policy?: string | URL | object
  /** @default 'c' */
  readonly compilePolicy?: string | URL | object
  /** Limits of a run. The assignment's limits replace these limits. */
  readonly limits: LimitOptions & { readonly memory: NonNullable<LimitOptions['memory']> }
  /** Limits of a run from the assignment's `languages`. They take precedence over the assignment's general limits. */
  readonly ownLimits?: LimitOptions
  /** Limits of a build. These limits replace the usual limits of builds. */
  readonly compileLimits?: LimitOptions
  readonly floors?: Floors
}

/** Languages by name. */
export type LanguageTable = Readonly<Record<string, Language>>
