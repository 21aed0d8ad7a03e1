import { landlockAbi } from '../runner/confined/machine-confinement.ts'
import { ISOLATION_LEVELS, type IsolationLevel, LOSSES } from '../runner/isolation/level.ts'
import type { Finding } from './finding.ts'
import { landlockFixes } from './fixes.ts'
import { probe } from './probe.ts'
import { why } from './sandbox-checks.ts'

/** Every Landlock ABI controls files. These versions of the ABI control more (landlock(7)). */
const ADDED = [
  { abi: 3, what: 'truncation' },
  { abi: 4, what: 'TCP' },
  { abi: 6, what: 'signals' },
] as const

/** Checks Landlock, which the level `confined` needs. */
export function checkLandlock(): Finding {
  const landlock = { id: 'landlock', title: 'Landlock' } as const
  const abi = landlockAbi()
  if (abi === 0) {
    const detail = 'the kernel has none, so isolation: "confined" is not possible'
    return { ...landlock, state: 'weaker', detail, fixes: landlockFixes }
  }
  const [has, lacks] = [true, false].map((wanted) =>
    ADDED.filter((added) => abi >= added.abi === wanted).map(({ what }) => what),
  )
  const holds = ['files', ...(has ?? [])].join(', ')
  const rest = lacks?.length ? `; the filter controls ${lacks.join(', ')}` : ''
  return { ...landlock, state: 'works', detail: `ABI ${abi} controls ${holds}${rest}` }
}

/** Checks each level of isolation: runs `true` under the default policy at exactly that level. */
export async function checkLevels(): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const level of ISOLATION_LEVELS) {
    const { error } = await probe({ policy: 'strict' }, level)
    const finding = { id: `isolation-${level}`, title: `isolation ${level}` }
    findings.push(
      error === undefined
        ? { ...finding, state: 'works', detail: `a program ran under the policy strict` }
        : { ...finding, state: 'fails', detail: why(error) },
    )
  }
  return findings
}

/** Says which protection a run lacks at the strongest level that works here. Returns undefined if `full` works. */
export function lossHere(findings: readonly Finding[]): string | undefined {
  const level = ISOLATION_LEVELS.find((each) => works(findings, each))
  if (level === 'full') return undefined
  if (level === undefined) {
    return 'No level of isolation works here: no program can be run (docs/isolation.md).'
  }
  return `isolation: ${JSON.stringify(level)} works here; with it ${LOSSES[level]} (docs/isolation.md).`
}

const works = (findings: readonly Finding[], level: IsolationLevel): boolean =>
  findings.some(({ id, state }) => id === `isolation-${level}` && state === 'works')
