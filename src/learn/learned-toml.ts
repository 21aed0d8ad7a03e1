import { stringify } from 'smol-toml'
import { SandboxError } from '../errors/sandbox-error.ts'
import { inlineRule, ruleKeys } from '../seccomp/rules/rule-text.ts'
import type { SeccompRule } from '../seccomp/seccomp-policy.ts'
import { printableToml } from '../units/visible.ts'

/** The keys of a policy, except its filter. */
export type PolicyKeys = Readonly<Record<string, unknown>>

const WIDTH = 96

// An inline table stays on one line, except for its lists.
function ruleLines(rule: SeccompRule): string {
  const line = `  ${inlineRule(rule)},`
  if (line.length <= WIDTH) return line
  const [action, names, conditions] = ruleKeys(rule)
  if (conditions !== undefined) {
    const broken = conditions.replace(/^conditions = \[(.*)\]$/, 'conditions = [\n    $1,\n  ]')
    return `  { ${action}, ${names}, ${broken} },`
  }
  const lines: string[] = []
  let current = '   '
  for (const name of rule.syscalls) {
    const next = `${current} ${JSON.stringify(name)},`
    if (next.length > WIDTH) lines.push(current)
    current = next.length > WIDTH ? `    ${JSON.stringify(name)},` : next
  }
  return `  { ${action}, syscalls = [\n${[...lines, current].join('\n')}\n  ] },`
}

/**
 * The text of a policy with these rules.
 *
 * @param comment one line, without its `#`
 * @param base the policy's other keys
 */
export function learnedToml(
  rules: readonly SeccompRule[],
  { comment, base }: { readonly comment: string; readonly base: PolicyKeys },
): string {
  const last = rules.length - 1
  const lines = rules.map((rule, index) =>
    index === last ? `  # Nothing else.\n${ruleLines(rule)}` : ruleLines(rule),
  )
  return [
    `# ${comment.replace(/[^ -~]/g, '?')}`,
    `${printableToml(stringify(writable(base))).trim()}\n`,
    '[seccomp]',
    '# Calls that are newer than this list.',
    'default = "errno:ENOSYS"',
    `rules = [\n${lines.join('\n')}\n]\n`,
  ].join('\n')
}

// A bare number for walltime or cpu means seconds in a TOML file and milliseconds in code. A TOML file can contain only
// text, so the contents of `files` must be text.
function writable(base: PolicyKeys): PolicyKeys {
  const { limits, files, ...keys } = base as { limits?: object; files?: readonly File[] }
  const times = Object.entries(limits ?? {}).map(([name, value]) =>
    typeof value === 'number' && (name === 'walltime' || name === 'cpu')
      ? [name, `${value}ms`]
      : [name, value],
  )
  return {
    ...keys,
    ...(files === undefined ? {} : { files: files.map(textFile) }),
    ...(limits === undefined ? {} : { limits: Object.fromEntries(times) }),
  }
}

interface File {
  readonly target: string
  readonly contents: string | Uint8Array
}

function textFile({ target, contents }: File): File {
  if (typeof contents === 'string') return { target, contents }
  try {
    return { target, contents: new TextDecoder('utf-8', { fatal: true }).decode(contents) }
  } catch (cause) {
    throw new SandboxError(`The policy's file ${JSON.stringify(target)} is not text`, {
      code: 'POLICY_INVALID',
      hint: 'A learned policy is a TOML file, which can contain only text. Pass this file with the option `files` instead.',
      cause,
    })
  }
}
