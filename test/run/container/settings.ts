/** Flags of the containers that several tests use. */
export const asUser = ['--user', '1000:1000']
export const unconfined = ['--security-opt', 'seccomp=unconfined']
export const unmasked = ['--security-opt', 'systempaths=unconfined']
/** A container in which every level works. */
export const privileged = ['--cap-add', 'SYS_ADMIN', ...unconfined]
/** Root of a user namespace with 65,536 ids. */
export const fewIds = ['--uidmap', '0:100000:65536', '--gidmap', '0:100000:65536']

/** The user of a grader's container, without any other setting. */
export const settings = [
  ['root', []],
  ['a user', asUser],
  [
    'a user without capabilities',
    [...asUser, '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
  ],
] as const
