/** Places where gradebox is run, each with its own way to be mended. */
export const environments = {
  machine: 'This machine',
  docker: 'Docker',
  podman: 'Podman',
  kubernetes: 'Kubernetes',
  'github-actions': 'GitHub Actions',
  'gitlab-ci': 'GitLab CI',
} as const

export type Environment = keyof typeof environments

/** What mends a finding, by place. */
export type Fixes = Readonly<Partial<Record<Environment, string>>>

/**
 * What was found by trying one thing: it works; it works in a weaker way, or something takes its place;
 * it does not work; it was not tried, because what it builds on does not work.
 */
export interface Finding {
  /** Stable, for scripts: `namespaces`. */
  readonly id: string
  readonly title: string
  readonly state: 'works' | 'weaker' | 'fails' | 'untried'
  /** How it was found, or why it is so. */
  readonly detail: string
  readonly fixes?: Fixes
}
