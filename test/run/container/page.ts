import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const page = readFileSync(resolve(import.meta.dirname, '../../../docs/containers.md'), 'utf8')

const found = (pattern: RegExp): string => {
  const text = pattern.exec(page)?.[1]
  if (text === undefined) throw new Error(`docs/containers.md has nothing like ${pattern}`)
  return text
}

const words = (text: string): string[] => text.split(/[\s\\]+/).filter((word) => word !== '')

/** The flags of an engine's command line on the page: the words between `run` and IMAGE. */
export const flagsOf = (engine: 'docker' | 'podman'): string[] =>
  words(found(new RegExp(`\`\`\`sh\\n${engine} run ([^\`]*?)IMAGE `)))

/** The options of the GitHub job that has a `container`. */
export const githubFlags = (): string[] => words(found(/^ {2}options: (.*)$/m))

/** The settings of GitLab's Docker executor, as flags. */
export function gitlabFlags(): string[] {
  const list = (key: string): string[] =>
    JSON.parse(found(new RegExp(`^ {2}${key} = (\\[.*\\])$`, 'm')))
  return [
    ...list('cap_add').flatMap((name) => ['--cap-add', name]),
    ...list('security_opt').flatMap((option) => ['--security-opt', option]),
  ]
}

/** The pod's settings on the page as Docker's flags; every setting must be known. */
export function kubernetesFlags(): string[] {
  const known: Readonly<Record<string, readonly string[]>> = {
    'runAsUser: 1000': ['--user', '1000:1000'],
    'runAsGroup: 1000': [],
    'procMount: Unmasked': ['--security-opt', 'systempaths=unconfined'],
    'seccompProfile: { type: Localhost, localhostProfile: gradebox-seccomp.json }': [
      '--security-opt',
      'seccomp=gradebox-seccomp.json',
    ],
    'appArmorProfile: { type: Unconfined }': ['--security-opt', 'apparmor=unconfined'],
    'capabilities: { drop: [ALL] }': ['--cap-drop', 'ALL'],
  }
  const settings = found(/securityContext:\n([\s\S]*?)```/)
    .trim()
    .split('\n')
  return settings.flatMap((line) => {
    const flags = known[line.trim()]
    if (flags === undefined) throw new Error(`No flag of Docker is known for ${line}`)
    return flags
  })
}

/** The calls that the page adds to a default profile, added as the page's `jq` adds them. */
export const addedRule = (): object => {
  const names = JSON.parse(found(/"names": (\[[^\]]*\])/))
  return { names, action: 'SCMP_ACT_ALLOW' }
}
