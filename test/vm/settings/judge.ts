import { type Feature, featureNames, type Outcomes } from './features.ts'
import type { Expectation, Setting, User } from './setting.ts'

/** The outcome of a feature where nothing obstructs it and no control group is delegated. */
const usual: Readonly<Partial<Record<Feature, string>>> = {
  cpu: 'works, held by watch',
  memory: 'works, held by watch',
  processes: 'works, held by rlimit',
}

// Root's idmapped mount is tried in /tmp, a tmpfs, which can be idmapped from Linux 6.3 on.
const usualDiagnosis = ({ kernel }: Setting, user: User): Expectation =>
  user === 'root' && kernel !== '6.12'
    ? diagnosis('enforceable, cgroup weaker, read-write weaker')
    : diagnosis('enforceable, cgroup weaker')

/** The expected findings of doctor: whether strict is enforceable, each trouble, and the fixes. */
export const diagnosis = (found: string, ...fixes: readonly string[]): Expectation => ({
  saying: [`finds strict ${found}; `, ...fixes],
})

/** The features that doctor checks. The doctor never throws, so the expectation `all` does not apply to them. */
const ofDoctor: readonly Feature[] = ['levels', 'doctor']

/** The expected outcome of a feature in a setting. */
export function expectationOf(setting: Setting, user: User, feature: Feature): Expectation {
  const own = setting.expect[user]
  const usually = feature === 'doctor' ? usualDiagnosis(setting, user) : usual[feature]
  return own[feature] ?? (ofDoctor.includes(feature) ? undefined : own.all) ?? usually ?? 'works'
}

const isAs = (outcome: string, expected: Expectation): boolean =>
  typeof expected === 'string'
    ? outcome === expected
    : outcome.startsWith(expected.throws === undefined ? '' : `throws ${expected.throws}: `) &&
      expected.saying.every((part) => outcome.includes(part))

/** The features whose outcome is not the expected one, each with both. */
export function surprises(
  setting: Setting,
  user: User,
  outcomes: Outcomes,
): { readonly feature: Feature; readonly outcome: string; readonly expected: Expectation }[] {
  return featureNames.flatMap((feature) => {
    const expected = expectationOf(setting, user, feature)
    const outcome = outcomes[feature]
    return isAs(outcome, expected) ? [] : [{ feature, outcome, expected }]
  })
}
