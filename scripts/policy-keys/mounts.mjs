/**
 * The notes on mounts, files and the working directory.
 *
 * @type {import('./notes.mjs').KeyNotes}
 */
export const mountsNotes = {
  mounts: {
    default: 'none: the sandbox then contains no program at all',
    protects:
      "Access to the host's files: a file that is not mounted does not exist in the sandbox.",
    not: 'Access to mounted files: the program can read everything below a source that the file modes allow. Do not mount `/`, `/home` or a solution.',
    example: 'mounts = [{ source = "/usr", target = "/usr" }]',
  },
  'mounts[].source': {
    default: 'none; required except for a tmpfs',
    protects: 'Typing errors: a missing source is an error. hakoniwa continues without it.',
    not: 'A source that changes while a program runs: a bind shows the current files. Gradebox resolves a symbolic link before the program starts. Name no path inside a directory that programs may write, because they may have put a link there.',
    example: '[[mounts]]\nsource = "/srv/course data/ä"\ntarget = "/data"',
  },
  'mounts[].target': {
    default: 'none; required',
    protects:
      'Mounts in unexpected places: Gradebox refuses `/`, relative paths, `..` and a path through a symbolic link.',
    not: 'A target that hides what a program needs. An inner mount covers the outer one. If two mounts have the same target, the later one counts.',
    example: '[[mounts]]\nsource = "/srv/tests"\ntarget = "/opt/tests"',
  },
  'mounts[].type': {
    default: '`"bind"`',
    protects:
      "`overlay`: changes to the host's directory, although the program may change everything that it sees. `tmpfs`: access to the files that it covers.",
    not: 'A host directory that changes during the run: the overlay then shows undefined contents. As root, and where Gradebox must copy, each file costs time in every run. Use an overlay for the files of a course, not for /usr.',
    example: '[[mounts]]\ntype = "overlay"\nsource = "/srv/template"\ntarget = "/project"',
  },
  'mounts[].fstype': {
    default: '`"bind"`',
    protects: 'See `type`.',
    not: 'See `type`.',
    example: '[[mounts]]\nsource = ""\ntarget = "/tmp"\nfstype = "tmpfs"\nrw = true',
  },
  'mounts[].rw': {
    default: '`false`: read-only, including all mounts below the source',
    protects: "`false`: every change to the host's files, including modes and times.",
    not: '`true` protects from nothing. Runs see what other runs wrote, and no limit bounds the sum of what they write.',
    example: '[[mounts]]\nsource = "/srv/cache"\ntarget = "/cache"\nrw = true',
  },
  'mounts[].optional': {
    default: '`false`',
    protects: 'Nothing.',
    not: 'Failures of programs that need the source. Only a missing source is skipped; an unreadable one is still an error.',
    example: '[[mounts]]\nsource = "/lib32"\ntarget = "/lib32"\noptional = true',
  },
  'mounts[].noexec': {
    default: '`false`',
    protects:
      "`execve` of a file in the mount, and mapping a library from it. For example, a policy for scripts can refuse a student's binary.",
    not: 'Interpreters, which read a script there like any file.',
    example: '[[mounts]]\nsource = "/srv/data"\ntarget = "/data"\nnoexec = true',
  },
  'mounts[].size': {
    unit: 'bytes, or text with a unit',
    default: "the tmpfs is part of the sandbox's own tmpfs, which `limits.disk` bounds",
    protects: "Exhaustion of the machine's memory, which a tmpfs uses.",
    not: 'Exhaustion by several tmpfs together: a tmpfs with its own size comes on top of `limits.disk`.',
    example: '[[mounts]]\ntype = "tmpfs"\ntarget = "/scratch"\nsize = "16MiB"',
  },
  'mounts[].inodes': {
    unit: 'files and directories, including its root',
    default: "one for every two pages of the machine's memory",
    protects: 'Exhaustion of memory by a flood of empty files, which have no size.',
    not: 'Large files: see `size`.',
    example: '[[mounts]]\ntype = "tmpfs"\ntarget = "/scratch"\ninodes = 1000',
  },
  files: {
    default: 'none',
    protects:
      "A mount of a host file that tells too much: for example, the host's /etc/passwd lists the machine's users.",
    not: 'Changes in a writable directory (/tmp, the working directory). In the read-only root the program cannot change the files.',
    example: 'files = [{ target = "/etc/motd", contents = "Good luck!\\n" }]',
  },
  'files[].target': {
    default: 'none; required',
    protects:
      'A path through a symbolic link, which Gradebox refuses. Gradebox replaces an existing file of that name.',
    not: 'A target in a bind with `rw`: Gradebox writes the file on the host.',
    example: '[[files]]\ntarget = "/work/input.txt"\ncontents = "1 2 3\\n"',
  },
  'files[].contents': {
    unit: 'text in a file; text or bytes (`Uint8Array`) in code',
    default: 'none; required',
    protects: 'Nothing.',
    not: 'A program that reads the file: put no expected output here.',
    example: '[[files]]\ntarget = "/usr/local/bin/hello"\ncontents = "#!/bin/sh\\necho hello\\n"',
  },
  workdir: {
    default: 'a working directory at /work, copy-on-write',
    protects: 'See its keys.',
    not: '',
    example: 'workdir = { mode = "read-only", target = "/home/student" }',
  },
  'workdir.mode': {
    default: '`"copy-on-write"`',
    protects: "`copy-on-write` and `read-only`: changes to the submission's directory on the host.",
    not: "`read-write`: the program changes the host's directory, and no limit bounds the sum of what programs write there.",
    example: 'workdir.mode = "read-only"',
  },
  'workdir.target': {
    default: '`"/work"`',
    protects:
      'Nothing: it is only a path. Programs start there unless `cwd` says otherwise. Where `HOME` is `/work`, `HOME` follows the target.',
    not: 'Covered files: a target of `/usr` hides all programs.',
    example: 'workdir.target = "/home/student"',
  },
}
