/** The meaning of the flags of `docker run`, as far as the tests use them. */
export interface ContainerSettings {
  readonly uid: number
  readonly gid: number
  /** Capabilities without `CAP_`. */
  readonly added: readonly string[]
  readonly dropsAll: boolean
  /** A profile's path, or `unconfined`; the default profile otherwise. */
  readonly seccomp: string | undefined
  readonly showsSystemPaths: boolean
  readonly noNewPrivileges: boolean
  readonly env: readonly string[]
  readonly mounts: readonly ContainerMount[]
  /** The first host id of a container with 65,536 ids; all ids otherwise. */
  readonly firstHostId: number | undefined
}

export interface ContainerMount {
  readonly source: string
  readonly target: string
  readonly isReadOnly: boolean
}

type Settings = { -readonly [Key in keyof ContainerSettings]: ContainerSettings[Key] }

const values: Readonly<Record<string, (settings: Settings, value: string) => void>> = {
  '--user': (settings, value) => {
    const [uid = 0, gid = uid] = value.split(':').map(Number)
    Object.assign(settings, { uid, gid })
  },
  '--cap-add': (settings, value) => {
    settings.added = [...settings.added, value]
  },
  '--cap-drop': (settings, value) => {
    if (value !== 'ALL') throw new Error(`--cap-drop ${value} is not known here`)
    settings.dropsAll = true
  },
  '--security-opt': (settings, value) => {
    const [name, option] = value.split('=')
    if (name === 'seccomp') settings.seccomp = option
    else if (value === 'systempaths=unconfined') settings.showsSystemPaths = true
    else if (value === 'no-new-privileges') settings.noNewPrivileges = true
    // No runtime of these tests sets an AppArmor profile by itself.
    else if (name !== 'apparmor') throw new Error(`--security-opt ${value} is not known here`)
  },
  '-e': (settings, value) => {
    settings.env = [...settings.env, value]
  },
  '-v': (settings, value) => {
    const [source = '', target = '', mode] = value.split(':')
    settings.mounts = [...settings.mounts, { source, target, isReadOnly: mode === 'ro' }]
  },
  '--uidmap': (settings, value) => {
    settings.firstHostId = firstOf(value)
  },
  '--gidmap': (settings, value) => {
    settings.firstHostId = firstOf(value)
  },
}

function firstOf(map: string): number {
  const [inside, outside, count] = map.split(':').map(Number)
  if (inside !== 0 || count !== 65_536) throw new Error(`The map ${map} is not known here`)
  return outside ?? 0
}

/** @throws {Error} for a flag that is not known here */
export function settingsOf(flags: readonly string[]): ContainerSettings {
  const settings: Settings = {
    ...{ uid: 0, gid: 0, added: [], dropsAll: false, seccomp: undefined, env: [], mounts: [] },
    ...{ showsSystemPaths: false, noNewPrivileges: false, firstHostId: undefined },
  }
  for (let at = 0; at < flags.length; at += 2) {
    const [name = '', value = ''] = flags.slice(at, at + 2)
    const set = values[name]
    if (set === undefined) throw new Error(`The flag ${name} is not known here`)
    set(settings, value)
  }
  return settings
}
