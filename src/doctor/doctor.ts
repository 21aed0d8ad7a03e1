import { checkCgroup } from './cgroup-check.ts'
import { environments, type Finding } from './finding.ts'
import { checkLandlock, checkLevels } from './isolation-checks.ts'
import { checkLaunch, checkLibseccomp, checkPlatform } from './launch-checks.ts'
import {
  checkNamespaces,
  checkNetwork,
  checkOverlay,
  checkPolicy,
  checkProc,
  checkReadWrite,
  checkSeccomp,
} from './sandbox-checks.ts'
import { lookAround, type Surroundings } from './surroundings.ts'

/** The protections that a machine can enforce. */
export interface Diagnosis {
  /** Whether the machine can enforce the whole of `strict`, the default policy of `sandboxed()`. */
  readonly ok: boolean
  readonly surroundings: Surroundings
  readonly findings: readonly Finding[]
}

interface Check {
  readonly id: string
  readonly title: string
  readonly run: (around: Surroundings) => Finding | Promise<Finding>
}

/** The checks that need sandboxes. `diagnose()` runs these checks only if namespaces work. */
const sandboxChecks: readonly Check[] = [
  { id: 'network', title: 'network and host name', run: checkNetwork },
  { id: 'proc', title: '/proc', run: checkProc },
  { id: 'overlay', title: 'copy-on-write', run: checkOverlay },
  { id: 'read-write', title: 'read-write workdir', run: checkReadWrite },
  { id: 'seccomp', title: 'seccomp filter', run: checkSeccomp },
  {
    id: 'policy-kiss',
    title: 'policy kiss',
    run: () => checkPolicy('kiss', "gradebox run's default"),
  },
  {
    id: 'policy-strict',
    title: 'policy strict',
    run: () => checkPolicy('strict', "sandboxed()'s default"),
  },
]

/**
 * Finds out by trials which protections this machine can enforce, and how to fix the protections that do not work.
 *
 * @param onCheck receives the title of each check before the check starts
 * @example const { ok, findings } = await diagnose()
 */
export async function diagnose(onCheck: (title: string) => void = () => {}): Promise<Diagnosis> {
  const surroundings = lookAround()
  const findings: Finding[] = []
  const done = () => {
    const ok = findings.some(({ id, state }) => id === 'policy-strict' && state === 'works')
    return { ok, surroundings, findings }
  }
  onCheck('platform')
  findings.push(...checkPlatform())
  if (fails(findings)) return done()
  onCheck('launch program')
  findings.push(...checkLaunch(), checkLibseccomp(), checkCgroup())
  onCheck('namespaces')
  const launches = !fails(findings.filter(({ id }) => id === 'kernel' || id === 'memfd'))
  if (launches) findings.push(await checkNamespaces(surroundings))
  const isPossible = launches && !fails(findings.filter(({ id }) => id === 'namespaces'))
  for (const { id, title, run } of sandboxChecks) {
    onCheck(title)
    const untried: Finding = { id, title, state: 'untried', detail: 'no sandbox can be made' }
    findings.push(isPossible ? await run(surroundings) : untried)
  }
  onCheck('levels of isolation')
  findings.push(checkLandlock(), ...(launches ? await checkLevels() : []))
  return done()
}

const fails = (findings: readonly Finding[]): boolean =>
  findings.some(({ state }) => state === 'fails')

/**
 * Describes each problem: the finding on one line, and the fixes on the lines below. Shows only the fixes for the
 * environments that this machine resembles, such as Docker. If the finding has no such fix, shows all its fixes.
 */
export function describeTrouble({ findings, surroundings }: Diagnosis): string[] {
  return (
    findings
      // Another finding gives the reason why a level of isolation fails.
      .filter(
        ({ id, state }) =>
          !id.startsWith('isolation-') && (state === 'fails' || state === 'weaker'),
      )
      .flatMap((finding) => [
        `${finding.state}: ${finding.title}: ${finding.detail}`,
        ...fixLines(finding, surroundings),
      ])
  )
}

/** The lines that describe the fixes of a finding: `fix (Docker): …`. */
export function fixLines({ fixes = {} }: Finding, around: Surroundings): string[] {
  const places = Object.keys(environments) as (keyof typeof environments)[]
  const here = places.filter((place) => around.environments.includes(place) && fixes[place])
  const shown = here.length > 0 ? here : places.filter((place) => fixes[place])
  return shown.map((place) => `  fix (${environments[place]}): ${fixes[place]}`)
}
