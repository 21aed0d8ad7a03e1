import { existsSync, readFileSync } from 'node:fs'
import type { Environment } from './finding.ts'

/** Facts about the kernel and the surroundings of this process. */
export interface Surroundings {
  /** The places that this machine resembles, the innermost first; never empty. */
  readonly environments: readonly Environment[]
  /** Whether this process runs under a seccomp filter, from /proc/self/status. */
  readonly filtered: boolean
  /** The AppArmor profile of this process; undefined without AppArmor or when unconfined. */
  readonly appArmor: string | undefined
  readonly isRoot: boolean
}

/** Reads the surroundings; changes nothing. */
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

/** A file's text; empty where it cannot be read. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
