import { type Feature, featureNames, features } from '../settings/features.ts'
import type { KernelName } from '../settings/setting.ts'
import type { Recorded } from './record.ts'

const kernels: Readonly<Record<KernelName, string>> = {
  '6.12': 'Linux 6.12 (Debian 13; Debian 12 backports)',
  '6.1': 'Linux 6.1 (Debian 12)',
  '5.10': 'Linux 5.10 (Debian 11)',
}

const HEAD = `<!-- Made from test/vm/record/recorded.json by GRADEBOX_VM_RECORD=1 npm run test:vm; a test compares them. -->

# Compatibility

This page says which features work on Debian's kernels, in settings that graders' machines have. \`npm run test:vm\` tries each setting in a virtual
machine under software emulation, on x64. This page is its record.

- **✓** The feature works. The word after it says how a limit was held: \`cgroup\`, \`rlimit\` or \`watch\` (\`result.enforcement\`).
- **◐** The feature works in a weaker way, and the note says how.
- **✗** \`sandboxed()\` throws the error of the note, before the program starts. Gradebox never drops a protection silently.

The note of the last column says what \`gradebox doctor\` finds in the setting, and how to fix it.

The column "who" says whether root or an ordinary user runs the tests. The tests try the columns "a program runs", "ways out
are refused" and "no network" under the policy \`kiss\`, which has no filter. They try all other columns under \`strict\`.

"Ways out are refused" means all of this:

- The program has no capability.
- It cannot make a namespace, mount, change its user or leave its root.
- It cannot reach the init or write the kernel's settings.
- It sees no file of the host.
`

const FOOT = `
## Not tried here

- Ubuntu's restriction of user namespaces by AppArmor (\`kernel.apparmor_restrict_unprivileged_userns\`), because the tried kernels of Debian do not
  have it.
- cgroup v1, SELinux, kernels of other distributions, and kernels older than 5.10.
- Old kernels without user notification, and Docker itself. In the settings "no user notification" and "container without namespaces", a filter hides
  these features of a newer kernel.
- arm64, in these settings: \`npm run test:vm\` boots only x64. Unit tests run the arm64 step machine under qemu-user, which makes no namespaces. The maintainers
  ran the same checks once by hand, as root and as a user, and all passed. They used Debian's 6.1 cloud kernel for arm64, as installed, and Node 22 in
  \`qemu-system-aarch64\`. Every feature that works on x64 worked there, and limits were held in the same ways.
`

/** Numbered texts, in the order of first use. */
class Notes {
  readonly texts: string[] = []

  numberOf(text: string): number {
    const known = this.texts.indexOf(text)
    return known === -1 ? this.texts.push(text) : known + 1
  }
}

const HELD = /^works, held by (\w+)$/

function cell(outcome: string, notes: Notes): string {
  if (outcome === 'works') return '✓'
  const held = HELD.exec(outcome)?.[1]
  if (held !== undefined) return `✓ ${held}`
  if (outcome.startsWith('finds ')) return `${notes.numberOf(outcome)}`
  return `${outcome.startsWith('works') ? '◐' : '✗'} ${notes.numberOf(outcome)}`
}

const sameAs = (a: Recorded, b: Recorded): boolean =>
  featureNames.every((feature) => a.outcomes[feature] === b.outcomes[feature])

/** The rows of a setting: one row if both users have the same outcomes. */
function rowsOf(results: readonly Recorded[], notes: Notes): string[] {
  const [first, second] = results
  const isOne = first !== undefined && second !== undefined && sameAs(first, second)
  return (isOne ? [first] : results).map(({ setting, user, outcomes }) => {
    const cells = featureNames.map((feature: Feature) => cell(outcomes[feature], notes))
    return `| ${[setting, isOne ? 'both' : user, ...cells].join(' | ')} |`
  })
}

/** The text of docs/compatibility.md. */
export function compatibilityPage(record: readonly Recorded[]): string {
  const notes = new Notes()
  const columns = ['setting', 'who', ...featureNames.map((feature) => features[feature])]
  const sections = (Object.keys(kernels) as KernelName[])
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
    .map((kernel) => {
      const results = record.filter((each) => each.kernel === kernel)
      const names = [...new Set(results.map(({ setting }) => setting))]
      const rows = names.flatMap((name) =>
        rowsOf(
          results.filter(({ setting }) => setting === name),
          notes,
        ),
      )
      const lines = [`| ${columns.join(' | ')} |`, `|${' --- |'.repeat(columns.length)}`, ...rows]
      return `\n## ${kernels[kernel]}\n\n${lines.join('\n')}\n`
    })
  const list = notes.texts.map((text, index) => `${index + 1}. ${text}\n`).join('')
  return `${HEAD}${sections.join('')}\n## Notes\n\n${list}${FOOT}`
}
