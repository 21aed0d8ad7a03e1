import { resolve } from 'node:path'
import type { Command } from 'commander'
import { resolveMounts } from '../launcher/plan/host.ts'
import { loadPolicy } from '../policy/load.ts'
import type { Policy } from '../policy/policy.ts'
import { shippedPolicies } from '../policy/shipped.ts'
import { hostMachine } from '../runner/host-machine.ts'
import { compileSeccomp } from '../seccomp/compiler/compile.ts'
import { colorsFor, STDOUT } from './colors.ts'
import { EXIT, printError } from './errors.ts'
import { print } from './print.ts'

/** `gradebox check`: validates policies, and checks that this machine has every file that a policy mounts. */
export function defineCheck(command: Command): void {
  command
    .description(
      'Validates policies: their keys and values, and the system calls that they name. Checks that the files that they mount exist on this machine. Exits with 1 when a policy is not valid.',
    )
    .argument('<file...>', 'TOML files, or names of shipped policies')
    .action((files: string[]) => {
      const valid = files.map(check)
      if (valid.includes(false)) process.exitCode = EXIT.failure
    })
}

function check(file: string): boolean {
  try {
    const policy = loadPolicy(shippedPolicies().includes(file) ? file : resolve(file))
    resolveMounts(policy.mounts, policy.name)
    if (policy.seccomp !== undefined) {
      compileSeccomp(policy.seccomp, { notify: true, arch: hostMachine().arch })
    }
    print(`${colorsFor(STDOUT).green('valid')} ${file}: ${summary(policy)}`)
    return true
  } catch (error) {
    printError(error)
    return false
  }
}

function summary({ mounts, limits, seccomp, network }: Policy): string {
  const filter =
    seccomp === undefined
      ? 'no seccomp filter'
      : `seccomp filter of ${count(seccomp.rules.length, 'rule')}, otherwise ${seccomp.default}`
  const limited = Object.keys(limits).length
  return `${count(mounts.length, 'mount')}, ${count(limited, 'limit')}, network ${network}, ${filter}`
}

const count = (number: number, what: string): string =>
  `${number} ${what}${number === 1 ? '' : 's'}`
