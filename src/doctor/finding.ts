/** The environments in which Gradebox runs. A problem has a different fix in each environment. */
export const environments = {
  machine: 'This machine',
  docker: 'Docker',
  podman: 'Podman',
  kubernetes: 'Kubernetes',
  'github-actions': 'GitHub Actions',
  'gitlab-ci': 'GitLab CI',
} as const

export type Environment = keyof typeof environments

/** The fixes of a finding, by environment. */
export type Fixes = Readonly<Partial<Record<Environment, string>>>

/**
 * The result of one check. The feature works, works in a weaker way, or fails. A check is untried if the check depends
 * on an earlier check that has failed.
 */
export interface Finding {
  /** A stable name for scripts, such as `namespaces`. */
  readonly id: string
  readonly title: string
  readonly state: 'works' | 'weaker' | 'fails' | 'untried'
  /** How the check found the result, or the reason for the result. */
  readonly detail: string
  readonly fixes?: Fixes
}
