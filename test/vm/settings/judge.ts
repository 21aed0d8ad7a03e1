import { type Feature, featureNames, type Outcomes } from './features.ts'
import type { Expectation, Setting, User } from './setting.ts'

/** What a feature does where nothing is in its way and no control group is delegated. */
const usual: Readonly<Partial<Record<Feature, string>>> = {
  cpu: 'works, held by watch',
  memory: 'works, held by rlimit',
  processes: 'works, held by rlimit',
  doctor: 'finds that strict can be enforced; cgroup weaker',
}

/** What is expected of a feature in a setting. */
export function expectationOf(setting: Setting, user: User, feature: Feature): Expectation {
  const own = setting.expect[user]
  return own[feature] ?? own.all ?? usual[feature] ?? 'works'
}

const isAs = (outcome: string, expected: Expectation): boolean =>
  typeof expected === 'string'
    ? outcome === expected
    : outcome.startsWith(expected.throws === undefined ? '' : `throws ${expected.throws}: `) &&
      outcome.includes(expected.saying)

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
