import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Policy } from '../../policy/policy.ts'
import { hostMachine } from '../../runner/host-machine.ts'
import { normalizeOptions, type RunOptions } from '../../runner/options/normalize.ts'
import type { SandboxOptions } from '../../runner/options/sandbox-options.ts'
import type { RunFlags } from './run-flags.ts'

/** Where hakoniwa shows the working directory. */
const HAKO = '/hako'

/**
 * A run's options from the command line: the policy's, and over it what the flags say. Binds are added
 * to the policy's mounts.
 *
 * @param commandLine the command and its arguments; none: the user's shell
 * @param isTerminal whether the command gets a terminal of its own
 * @throws {SandboxError} for a policy, limit, variable or path that cannot be used
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
  // What passes through a terminal, or is inherited, is not ours to count: with a limit it goes
  // through pipes of ours.
  const stream = isTerminal || limits.outputBytes === undefined ? 'inherit' : 'pipe'
  return {
    ...normalized,
    policy: override(policy, flags),
    env: { ...terminalEnv(isTerminal), ...env, ...flags.setenv },
    stdout: stream,
    stderr: stream,
  }
}

/** What --policy-file means: a file before a shipped policy of the same name. */
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

// What a program in a terminal has to know of it.
const terminalEnv = (isTerminal: boolean): Record<string, string> =>
  isTerminal && process.env.TERM !== undefined ? { TERM: process.env.TERM } : {}
