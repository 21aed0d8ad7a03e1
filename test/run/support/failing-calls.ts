import { makeDirectory } from './directory.ts'

/** A system call that fails, in a process and in every process that it starts. */
export interface FailingCall {
  readonly name: string
  readonly errno: number
  /** The call fails only when this bit of its first argument is set. */
  readonly bit?: number
}

// SCMP_ACT_ERRNO (seccomp_rule_add(3)), with SCMP_CMP_MASKED_EQ for the bit.
const program = `
import ctypes, json, os, sys
class Compare(ctypes.Structure):
    _fields_ = [('arg', ctypes.c_uint), ('op', ctypes.c_int), ('a', ctypes.c_uint64), ('b', ctypes.c_uint64)]
library = ctypes.CDLL('libseccomp.so.2')
library.seccomp_init.restype = ctypes.c_void_p
context = ctypes.c_void_p(library.seccomp_init(0x7fff0000))
for call in json.loads(sys.argv[1]):
    number = library.seccomp_syscall_resolve_name(call['name'].encode())
    assert number >= 0, call
    bit = call.get('bit', 0)
    rule = Compare(0, 7, bit, bit)
    assert library.seccomp_rule_add_array(context, 0x00050000 | call['errno'], number, 1 if bit else 0, ctypes.byref(rule)) == 0
assert library.seccomp_load(context) == 0
os.execvp(sys.argv[2], sys.argv[2:])
`

/** A shell script that executes its arguments on a machine on which these calls fail. */
export function whereCallsFail(...calls: readonly FailingCall[]): string {
  const path = `${makeDirectory({ 'fail.py': program })}/fail.py`
  return `exec python3 ${path} '${JSON.stringify(calls)}' "$@"`
}
