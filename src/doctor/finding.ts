/** The places where Gradebox runs; each needs its own fixes. */
export const environments = {
  machine: 'This machine',
  docker: 'Docker',
  podman: 'Podman',
  kubernetes: 'Kubernetes',
  'github-actions': 'GitHub Actions',
  'gitlab-ci': 'GitLab CI',
} as const

export type Environment = keyof typeof environments

/** The fix of a finding, by place. */
export type Fixes = Readonly<Partial<Record<Environment, string>>>

/**
 * The result of one check. The feature works, works in a weaker way, or fails. A check is untried when an earlier check
 * that it needs has failed.
 */
export interface Finding {
  /** Stable, for scripts: `namespaces`. */
  readonly id: string
  readonly title: string
  readonly state: 'works' | 'weaker' | 'fails' | 'untried'
  /** How the check found the result, or the reason for it. */
  readonly detail: string
  readonly fixes?: Fixes
}
