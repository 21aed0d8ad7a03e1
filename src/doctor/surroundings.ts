import { existsSync, readFileSync } from 'node:fs'
import type { Environment } from './finding.ts'

/** Facts about the kernel and the surroundings of this process. */
export interface Surroundings {
  /** The environments that this machine resembles, such as Docker. The innermost comes first. Never empty. */
  readonly environments: readonly Environment[]
  /** Whether this process runs under a seccomp filter, from /proc/self/status. */
  readonly filtered: boolean
  /** The AppArmor profile of this process; undefined if AppArmor is absent or does not confine this process. */
  readonly appArmor: string | undefined
  readonly isRoot: boolean
}

/** Reads the surroundings. Changes nothing. */
export function lookAround(env: NodeJS.ProcessEnv = process.env): Surroundings {
  const status = readText('/proc/self/status')
  const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1]
  const profile = readText('/proc/self/attr/current').replace(/\0/g, '').trim()
  return {
    environments: environmentsOf(env),
    filtered: field('Seccomp') === '2',
    appArmor: profile === '' || profile.startsWith('unconfined') ? undefined : profile,
    isRoot: process.geteuid?.() === 0,
  }
}

function environmentsOf(env: NodeJS.ProcessEnv): Environment[] {
  const found: Environment[] = []
  if (env.KUBERNETES_SERVICE_HOST) found.push('kubernetes')
  else if (existsSync('/run/.containerenv') || env.container === 'podman') found.push('podman')
  else if (existsSync('/.dockerenv')) found.push('docker')
  if (env.GITHUB_ACTIONS === 'true') found.push('github-actions')
  if (env.GITLAB_CI === 'true') found.push('gitlab-ci')
  return found.length === 0 ? ['machine'] : found
}

/** The text of a file; empty if this process cannot read the file. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
