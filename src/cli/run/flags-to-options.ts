import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Policy } from '../../policy/policy.ts'
import { hostMachine } from '../../runner/host-machine.ts'
import { normalizeOptions } from '../../runner/options/normalize.ts'
import type { RunOptions } from '../../runner/options/run-options.ts'
import type { SandboxOptions } from '../../runner/options/sandbox-options.ts'
import type { RunFlags } from './run-flags.ts'

/** The path at which hakoniwa shows the working directory. */
const HAKO = '/hako'

/**
 * Derives a run's options from the command line: the flags replace the policy's keys, and binds are added to
 * the policy's mounts.
 *
 * @param commandLine the command and its arguments; empty for the user's shell
 * @param isTerminal whether the command gets a terminal of its own
 * @throws {SandboxError} for an invalid policy, limit, variable or path
 */
export function runOptions(
  flags: RunFlags,
  commandLine: readonly string[],
  isTerminal: boolean,
): RunOptions {
  hostMachine()
  const [command = process.env.SHELL || '/bin/sh', ...args] = commandLine
  const { workDir } = flags
  const options: SandboxOptions = {
    policy: policyReference(flags.policyFile ?? 'kiss'),
    mounts: flags.binds,
    ...(workDir === undefined
      ? {}
      : { workdir: { source: workDir, mode: 'read-write', target: HAKO } }),
    limits: flags.limits,
    ...(flags.isolation === undefined ? {} : { isolation: flags.isolation }),
    stdin: 'inherit',
    encoding: 'buffer',
  }
  const normalized = normalizeOptions(command, args, options, {})
  const { policy, env, limits } = normalized
  // Node cannot count output that goes through a terminal or an inherited stream. With an output limit, the
  // output goes through pipes.
  const stream = isTerminal || limits.outputBytes === undefined ? 'inherit' : 'pipe'
  return {
    ...normalized,
    policy: override(policy, flags),
    env: { ...terminalEnv(isTerminal), ...env, ...flags.setenv },
    stdout: stream,
    stderr: stream,
  }
}

/** Resolves --policy-file: a file, or else a shipped policy of that name. */
export function policyReference(text: string): string {
  const isFile = statSync(text, { throwIfNoEntry: false })?.isFile() === true
  return isFile ? resolve(text) : text
}

function override(policy: Policy, flags: RunFlags): Policy {
  return {
    ...policy,
    uid: flags.uid ?? policy.uid,
    gid: flags.gid ?? policy.gid,
    hostname: flags.hostname ?? policy.hostname,
    ...(flags.shareNet === true ? { network: 'host' } : {}),
    ...(flags.shareUts === true ? { shareUts: true } : {}),
  }
}

// The variables that a program needs in a terminal.
const terminalEnv = (isTerminal: boolean): Record<string, string> =>
  isTerminal && process.env.TERM !== undefined ? { TERM: process.env.TERM } : {}
