import type { Command } from 'commander'
import { loadPolicy } from '../policy/load.ts'
import { shippedPolicies, shippedPolicyPath } from '../policy/shipped.ts'
import { colorsFor, STDOUT } from './colors.ts'
import { print } from './print.ts'

const defaults: Readonly<Record<string, string>> = {
  kiss: "gradebox run's default",
  strict: "sandboxed()'s default",
}

/** `gradebox policies`: lists the shipped policies. */
export function definePolicies(command: Command): void {
  command
    .description('Lists the policies that come with gradebox, for --policy-file and `extends`.')
    .option('--json', 'print JSON')
    .action(({ json }: { json?: boolean }) => {
      print(json === true ? asJson() : asText())
    })
}

const list = () =>
  shippedPolicies().map((name) => ({
    name,
    description: loadPolicy(name).description,
    path: shippedPolicyPath(name) ?? '',
  }))

const asJson = (): string => JSON.stringify(list(), null, 2)

function asText(): string {
  const { cyan, dim } = colorsFor(STDOUT)
  const width = Math.max(...shippedPolicies().map(({ length }) => length))
  return list()
    .map(({ name, description }) => {
      const note = defaults[name]
      const text = note === undefined ? description : `${description} ${dim(`(${note})`)}`
      return `${cyan(name.padEnd(width))}  ${text}`
    })
    .join('\n')
}
