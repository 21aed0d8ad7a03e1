import type { Engine } from './engines/engine.ts'

/** One run in a container. */
export interface Request {
  readonly options?: object
  readonly command?: readonly string[]
  /** Variables of the test runner. */
  readonly env?: Readonly<Record<string, string>>
}

/** The output of `programs/run.mjs` for each run. */
export interface RunInContainer {
  readonly code?: string
  readonly message?: string
  readonly status?: string
  readonly reason?: string
  readonly stdout?: string
  readonly stderr?: string
  readonly isolation?: Readonly<Record<string, string>>
}

/** Runs several programs, one after another, in one container. */
export const runsIn = (
  engine: Engine | undefined,
  flags: readonly string[],
  requests: readonly Request[],
): readonly RunInContainer[] =>
  asResult(engine?.run(flags, 'run.mjs', JSON.stringify(requests)) ?? '')

/** Runs one program in a container. */
export function runIn(
  engine: Engine | undefined,
  flags: readonly string[],
  request: Request = {},
): RunInContainer {
  const [only = {}] = runsIn(engine, flags, [request])
  return only
}

/** The last line of a container's output as JSON. */
export function asResult(output: string) {
  try {
    return JSON.parse(output.split('\n').at(-1) ?? '')
  } catch {
    throw new Error(`The container wrote: ${output}`)
  }
}
