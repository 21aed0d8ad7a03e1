import {
  AT_FDCWD,
  LANDLOCK_ACCESS_FS,
  LANDLOCK_RULE_PATH_BENEATH,
  O_CLOEXEC,
  O_PATH,
} from '../../../linux/constants.ts'
import {
  type Area,
  at,
  load,
  type Step,
  type StepFailure,
  stepsOf,
  text,
  words,
} from '../../step.ts'
import { FD } from '../fd-numbers.ts'

const init = stepsOf('init')

/** The access of the program to a path and to everything below it. */
export type Access =
  /** Read and execute a directory and its files. */
  | 'read'
  /** Read and execute a single file. */
  | 'readFile'
  /** Read only: the program can execute nothing below it. */
  | 'readNoExecute'
  | 'readFileNoExecute'
  /** Read and write a device that stores nothing, such as /dev/null. */
  | 'device'
  /** All access, except to make devices and sockets. */
  | 'write'

export interface PathRule {
  readonly path: string
  readonly access: Access
}

const {
  EXECUTE,
  WRITE_FILE,
  READ_FILE,
  READ_DIR,
  MAKE_CHAR,
  MAKE_SOCK,
  MAKE_BLOCK,
  TRUNCATE,
  IOCTL_DEV,
} = LANDLOCK_ACCESS_FS

/** The file rights that a Landlock ABI knows (landlock(7)). */
function handledBy(abi: number): number {
  if (abi >= 5) return 0xffff
  if (abi >= 3) return 0x7fff
  return abi === 2 ? 0x3fff : 0x1fff
}

const ACCESS: Readonly<Record<Access, number>> = {
  read: EXECUTE | READ_FILE | READ_DIR,
  readFile: EXECUTE | READ_FILE,
  readNoExecute: READ_FILE | READ_DIR,
  readFileNoExecute: READ_FILE,
  device: READ_FILE | WRITE_FILE | TRUNCATE | IOCTL_DEV,
  write: 0xffff & ~(MAKE_CHAR | MAKE_SOCK | MAKE_BLOCK),
}

const names = Object.keys(ACCESS) as Access[]

/** A struct landlock_path_beneath_attr for each kind of access: the rights, then a descriptor. */
export const landlockAreas = (abi: number): Area[] => [
  { name: 'landlock', fields: [{ name: 'ruleset', size: 8 }] },
  ...names.map((name) => {
    const rights = Buffer.alloc(8)
    rights.writeUInt32LE(ACCESS[name] & handledBy(abi))
    const fields = [
      { name: 'rights', size: 8, init: rights },
      { name: 'fd', size: 8 },
    ]
    return { name: `landlock.${name}`, fields }
  }),
]

const failure: StepFailure = {
  code: 'ISOLATION_UNAVAILABLE',
  hint: 'isolation: "confined" needs Landlock: Linux 5.13 or newer with CONFIG_SECURITY_LANDLOCK, "landlock" among the lsm= modules, and no container filter that denies it.',
}

/** Denies bind and connect of TCP sockets (ABI 4). */
const ALL_TCP = 3
/** Denies signals and connections by abstract sockets to processes outside (ABI 6). */
const ALL_SCOPES = 3

/** Steps that make a ruleset that denies every access that the ABI knows. */
export function makeRulesetSteps(abi: number): Step[] {
  const size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8
  const attributes = words(handledBy(abi), abi >= 4 ? ALL_TCP : 0, abi >= 6 ? ALL_SCOPES : 0)
  return [
    init('landlock_create_ruleset', [attributes, size, 0], { store: 'landlock.ruleset', failure }),
    init('dup3', [load('landlock.ruleset'), FD.ruleset, O_CLOEXEC]),
    init('close', [load('landlock.ruleset')]),
  ]
}

/** Steps that allow the access of a rule. */
export function pathRuleSteps({ path, access }: PathRule): Step[] {
  const area = `landlock.${access}`
  const fails: StepFailure = {
    code: 'MOUNT_FAILED',
    hint: `Check that ${JSON.stringify(path)} exists and can be read by the user who runs the tests.`,
  }
  return [
    init('openat', [AT_FDCWD, text(path), O_PATH | O_CLOEXEC, 0], {
      store: `${area}.fd`,
      failure: fails,
    }),
    init('landlock_add_rule', [FD.ruleset, LANDLOCK_RULE_PATH_BENEATH, at(`${area}.rights`), 0], {
      shown: `${JSON.stringify(path)}, ${access}`,
      failure: fails,
    }),
    init('close', [load(`${area}.fd`)]),
  ]
}

/** The step by which the target restricts itself to the access of the rules. The kernel requires no_new_privs. */
export const restrictStep = (): Step =>
  stepsOf('target')('landlock_restrict_self', [FD.ruleset, 0], { failure })
