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
 * The result of one check. It works; it works in a weaker way, or something replaces it; it does not work; or
 * the check did not run, because an earlier one failed.
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
