/**
 * Of mounts, files and the working directory.
 *
 * @type {import('./notes.mjs').KeyNotes}
 */
export const mountsNotes = {
  mounts: {
    default: 'none: no program can even be found',
    protects: "The host's files: what is not mounted does not exist in the sandbox.",
    not: 'What is mounted: everything below a source can be read, as far as modes allow. Do not mount `/`, `/home` or a solution.',
    example: 'mounts = [{ source = "/usr", target = "/usr" }]',
  },
  'mounts[].source': {
    default: 'none; needed but for a tmpfs',
    protects:
      'Typing errors: a source that is missing is an error, where hakoniwa goes on without.',
    not: 'A source that changes while a program runs: a bind shows what is there now. A source that is a symbolic link is resolved before the program starts: name nothing inside a directory that programs may write, for they may have put a link there.',
    example: '[[mounts]]\nsource = "/srv/course data/ä"\ntarget = "/data"',
  },
  'mounts[].target': {
    default: 'none; needed',
    protects:
      'Mounts in unexpected places: `/`, relative paths, `..` and a way through a symbolic link are refused.',
    not: 'A target that hides what a program needs: an inner mount is made after the outer one, and of the same target the later counts.',
    example: '[[mounts]]\nsource = "/srv/tests"\ntarget = "/opt/tests"',
  },
  'mounts[].type': {
    default: '`"bind"`',
    protects:
      "`overlay`: the host's directory, of which the program may change everything it sees. `tmpfs`: whatever it covers.",
    not: "A host directory that changes while an overlay shows it: what a program sees then is undefined. As root, and where a copy is needed, every file of an overlay costs time in each run: it is for directories of a course's size, not for /usr.",
    example: '[[mounts]]\ntype = "overlay"\nsource = "/srv/template"\ntarget = "/project"',
  },
  'mounts[].fstype': {
    default: '`"bind"`',
    protects: 'As `type`.',
    not: 'As `type`.',
    example: '[[mounts]]\nsource = ""\ntarget = "/tmp"\nfstype = "tmpfs"\nrw = true',
  },
  'mounts[].rw': {
    default: '`false`: read-only, with all that is mounted below the source',
    protects: "`false`: the host's files, from every change, also of modes and times.",
    not: '`true`: nothing of that. Runs see what other runs wrote, and no limit holds what is written there in sum.',
    example: '[[mounts]]\nsource = "/srv/cache"\ntarget = "/cache"\nrw = true',
  },
  'mounts[].optional': {
    default: '`false`',
    protects: 'Nothing.',
    not: 'Programs that need the source. Only one that is missing is left out; one that cannot be read is an error still.',
    example: '[[mounts]]\nsource = "/lib32"\ntarget = "/lib32"\noptional = true',
  },
  'mounts[].noexec': {
    default: '`false`',
    protects:
      "`execve` of what is in it, and mapping a library from it: a student's binary, say, in a policy for scripts.",
    not: 'Interpreters, which read a script there as any file.',
    example: '[[mounts]]\nsource = "/srv/data"\ntarget = "/data"\nnoexec = true',
  },
  'mounts[].size': {
    unit: 'bytes, or text with a unit',
    default: "the tmpfs is part of the sandbox's own, which `limits.disk` holds",
    protects: "The machine's memory, which a tmpfs takes.",
    not: 'The sum: a tmpfs with a size of its own comes on top of `limits.disk`.',
    example: '[[mounts]]\ntype = "tmpfs"\ntarget = "/scratch"\nsize = "16MiB"',
  },
  'mounts[].inodes': {
    unit: 'files and directories, its own root among them',
    default: 'as many as half of the memory has pages',
    protects: 'The memory that a flood of empty files takes, which have no size.',
    not: 'What is in the files.',
    example: '[[mounts]]\ntype = "tmpfs"\ntarget = "/scratch"\ninodes = 1000',
  },
  files: {
    default: 'none',
    protects:
      "Host files that would be mounted only for a few lines: /etc/passwd with the machine's users.",
    not: 'Changes: in the read-only root they cannot be changed; in a writable directory (/tmp, the working directory) they can.',
    example: 'files = [{ target = "/etc/motd", contents = "Good luck!\\n" }]',
  },
  'files[].target': {
    default: 'none; needed',
    protects: 'A way through a symbolic link, which is refused. Whatever has the name is replaced.',
    not: 'A target in a bind that is `rw`: the file is written on the host.',
    example: '[[files]]\ntarget = "/work/input.txt"\ncontents = "1 2 3\\n"',
  },
  'files[].contents': {
    unit: 'text in a file; text or bytes (`Uint8Array`) in code',
    default: 'none; needed',
    protects: 'Nothing.',
    not: 'A program that reads it: put no expected output here.',
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
    protects: "`copy-on-write` and `read-only`: the submission's directory on the host.",
    not: '`read-write`: the directory itself is changed, and no limit holds what is written there in sum.',
    example: 'workdir.mode = "read-only"',
  },
  'workdir.target': {
    default: '`"/work"`',
    protects:
      'Nothing; it is a place. Programs start there unless `cwd` says otherwise, and where `HOME` is `/work`, it follows.',
    not: 'What it covers: at `/usr` there are no programs left.',
    example: 'workdir.target = "/home/student"',
  },
}
