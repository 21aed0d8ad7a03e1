import { spawnSync } from 'node:child_process'
import { dirname, join, resolve } from 'node:path'
import { inject } from 'vitest'
import { packageUrl } from '../../support/built.ts'
import { inBundle } from './bundle.ts'
import { IMAGE } from './image.ts'

/** The facts about an engine that `global-setup.ts` has started. */
export type StartedEngine =
  | { readonly name: string; readonly kind: 'command'; readonly command: readonly string[] }
  | { readonly name: string; readonly kind: 'bundle'; readonly bundle: BundleEngine }

export interface BundleEngine {
  /** The runtime and its flags before `run`. */
  readonly runtime: readonly string[]
  /** Where the bundles are made. */
  readonly home: string
  readonly cgroupsPath: string
}

declare module 'vitest' {
  interface ProvidedContext {
    /** The engines that run on this machine. */
    containerEngines: {
      readonly docker?: StartedEngine | undefined
      readonly podman?: StartedEngine | undefined
      readonly bundle?: StartedEngine | undefined
    }
  }
}

/** A container engine whose containers show the host's programs and the built package. */
export interface Engine {
  readonly name: string
  /** Runs a program of `programs/` in a container, with Docker's flags; returns its output. */
  readonly run: (flags: readonly string[], program: string, ...args: readonly string[]) => string
  /** Runs any command in a container. */
  readonly command: (flags: readonly string[], ...command: readonly string[]) => string
}

const repository = resolve(import.meta.dirname, '../../../..')

/** Docker, Podman, and a runtime with an OCI bundle; each is undefined where it does not run. */
export function startedEngines() {
  const { docker, podman, bundle } = inject('containerEngines')
  return { docker: engineOf(docker), podman: engineOf(podman), bundle: engineOf(bundle) }
}

/** The engine with Docker's defaults: Docker, or a runtime with an OCI bundle that has them. */
export function dockerOrBundle(): Engine | undefined {
  const { docker, bundle } = startedEngines()
  return docker ?? bundle
}

function engineOf(started: StartedEngine | undefined): Engine | undefined {
  if (started === undefined) return undefined
  const command = (flags: readonly string[], ...words: readonly string[]) => {
    const all = [...shownPaths(), ...flags]
    if (started.kind === 'bundle') return inBundle(started.bundle, all, words)
    const [name = '', ...args] = [...started.command, ...all, IMAGE, ...words]
    const { stdout, stderr } = spawnSync(name, args, { encoding: 'utf8' })
    return `${stdout}${stderr}`.trim()
  }
  const run = (flags: readonly string[], program: string, ...args: readonly string[]) =>
    command(flags, 'node', `/programs/${program}`, ...args)
  return { name: started.name, command, run }
}

function shownPaths(): string[] {
  const built = dirname(dirname(new URL(packageUrl()).pathname))
  return [
    ...['/usr', '/etc/alternatives', '/etc/ld.so.cache'].map((path) => `${path}:${path}`),
    ...['dist', 'policies', 'package.json'].map((name) => `${built}/${name}:/gradebox/${name}`),
    `${repository}/node_modules:/gradebox/node_modules`,
    `${repository}/fixtures:/gradebox/fixtures`,
    `${join(repository, 'test/run/container/programs')}:/programs`,
  ].flatMap((mount) => ['-v', `${mount}:ro`])
}
