"""Attacks on files outside of the run's own directories."""
import ctypes
import fcntl
import os
import struct

from basics import add, attack, call, done, init, libc, other, rival, rival_directory, rival_init, runner, secret, victim

rivals = [rival_directory, f"{rival_directory}/work/answer", f"{rival_directory}/tmp/answer"]


def reads(path):
    return len(open(path, "rb").read(1)) > 0


for path in ["/etc/shadow", "/etc/passwd", secret, other, *rivals[1:], "/root/.profile", "/gradebox/package.json",
             "/proc/self/cwd/../../../etc/passwd", "/proc/self/root/etc/passwd", "/dev/stdin/../../etc/passwd"]:
    add(f"reads {path}", lambda p=path: reads(p))

for pid in [runner, victim, rival, rival_init, init]:
    for name in ["environ", "mem", "maps", "auxv", "stack", "syscall", "personality", "io", "pagemap", "smaps"]:
        add(f"reads {name} of {pid}", lambda p=pid, n=name: reads(f"/proc/{p}/{n}"))
    for name in ["cwd/", "root/", "map_files/"]:
        add(f"lists {name} of {pid}", lambda p=pid, n=name: len(os.listdir(f"/proc/{p}/{n}")) > 0)
    for name in ["exe", "cwd", "root", "ns/net"]:
        add(f"follows {name} of {pid}", lambda p=pid, n=name: len(os.readlink(f"/proc/{p}/{n}")) > 0)
    for number in range(4):
        add(f"follows descriptor {number} of {pid}",
            lambda p=pid, n=number: len(os.readlink(f"/proc/{p}/fd/{n}")) > 0)
        add(f"opens descriptor {number} of {pid}",
            lambda p=pid, n=number: os.open(f"/proc/{p}/fd/{n}", os.O_RDWR | os.O_NONBLOCK) >= 0)
    for name, text in [("oom_score_adj", "1000"), ("comm", "x"), ("timerslack_ns", "1000000"), ("autogroup", "19"),
                       ("coredump_filter", "0"), ("clear_refs", "1"), ("mem", "x"), ("loginuid", "0")]:
        add(f"writes {name} of {pid}", lambda p=pid, n=name, t=text: open(f"/proc/{p}/{n}", "w").write(t) and False)
        add(f"opens {name} of {pid} for writing", lambda p=pid, n=name: os.open(f"/proc/{p}/{n}", os.O_WRONLY) >= 0)

for path in ["/tmp", "/", os.path.dirname(secret), os.path.dirname(other), os.path.dirname(rival_directory), *rivals[:1],
             "/etc", "/home", "../..", "..", "/dev/shm", "/dev/pts"]:
    add(f"lists {path}", lambda p=path: len(os.listdir(p)) >= 0)

shared = ["/tmp", "/dev/shm", "/var/tmp", "/home/student", "/dev/mqueue", "/run", "/dev", "/usr/lib", "/proc",
          os.path.dirname(secret), os.path.dirname(other), rival_directory, f"{rival_directory}/work",
          f"{rival_directory}/tmp", "..", f"/proc/{runner}/cwd", f"/proc/{rival}/cwd"]
for directory in shared:
    for name, make in {
        "writes": lambda p: os.open(p, os.O_CREAT | os.O_WRONLY),
        "makes a directory": os.mkdir,
        "makes a symbolic link": lambda p: os.symlink("x", p),
        "makes a FIFO": os.mkfifo,
        "makes a socket": lambda p: os.mknod(p, 0o140666),
        "makes an empty file by mknod": lambda p: os.mknod(p, 0o100666),
        "links a file of its own": lambda p: os.link("own", p),
        "moves a file of its own": lambda p: os.rename("own", p),
        "makes a nameless file": lambda p: os.open(os.path.dirname(p), os.O_TMPFILE | os.O_RDWR),
    }.items():
        add(f"{name} in {directory}", lambda d=directory, m=make: done(m)(f"{d}/planted"))

RENAME_EXCHANGE = 2


def succeeds(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), "it failed")


def sets_flags(path):
    # FS_IOC_SETFLAGS: append only.
    fcntl.ioctl(os.open(path, os.O_RDONLY), 0x40086602, struct.pack("<I", 0x20))


changes = {
    "opens for writing": lambda p: os.open(p, os.O_WRONLY),
    "opens for appending": lambda p: os.open(p, os.O_WRONLY | os.O_APPEND),
    "truncates": lambda p: os.truncate(p, 0),
    "truncates by open": lambda p: os.open(p, os.O_RDONLY | os.O_TRUNC),
    "chmods": lambda p: os.chmod(p, 0o777),
    "chmods by fchmodat2": lambda p: call("fchmodat2", -100, p.encode(), 0o777, 0),
    "chmods by /proc/self/fd": lambda p: os.chmod(f"/proc/self/fd/{os.open(p, os.O_PATH)}", 0o777),
    "opens by /proc/self/fd": lambda p: os.open(f"/proc/self/fd/{os.open(p, os.O_PATH)}", os.O_RDONLY),
    "chowns": lambda p: os.chown(p, -1, os.getgid()),
    "changes times of": lambda p: os.utime(p, (1, 1)),
    "changes times to now of": lambda p: os.utime(p),
    "changes times by O_PATH of": lambda p: os.utime(f"/proc/self/fd/{os.open(p, os.O_PATH)}"),
    "removes": os.unlink,
    "renames": lambda p: os.rename(p, "stolen"),
    "exchanges": lambda p: succeeds(libc.renameat2(-100, p.encode(), -100, b"own", RENAME_EXCHANGE)),
    "links": lambda p: os.link(p, "linked"),
    "links by descriptor": lambda p: os.link(f"/proc/self/fd/{os.open(p, os.O_PATH)}", "linked", follow_symlinks=True),
    "replaces": lambda p: os.replace("own", p),
    "sets an attribute of": lambda p: os.setxattr(p, "user.x", b"1"),
    "lists the attributes of": os.listxattr,
    "reads an attribute of": lambda p: os.getxattr(p, "user.secret"),
    "removes an attribute of": lambda p: os.removexattr(p, "user.secret"),
    "sets flags of": sets_flags,
    "executes": lambda p: os.execv(p, [p]),
    "locks": lambda p: fcntl.flock(os.open(p, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB),
    "leases": lambda p: fcntl.fcntl(os.open(p, os.O_RDONLY), 1024, fcntl.F_RDLCK),
}
for name, change in changes.items():
    for path in [secret, other, *rivals[1:]]:
        add(f"{name} {path}", lambda p=path, c=change: done(c)(p))

# A directory that the policy shows can be read, and nothing else.
for name, change in {
    "locks /usr for its writers": lambda: fcntl.fcntl(os.open("/usr/bin", os.O_RDONLY), 1026, 0x8000001F),
    "changes times of /usr": lambda: os.utime(os.open("/usr/bin", os.O_RDONLY)),
    "writes to /usr": lambda: os.open("/usr/bin/planted", os.O_CREAT | os.O_WRONLY),
}.items():
    add(name, lambda c=change: done(c)())

for path in ["/tmp", os.path.dirname(other), rival_directory, "..", "/home/student", "/usr/bin"]:
    # IN_CREATE; FAN_REPORT_FID needs no capability.
    add(f"watches {path}",
        lambda p=path: call("inotify_add_watch", call("inotify_init1", 0), p.encode(), 0x100) >= 0)
    add(f"watches {path} by fanotify", lambda p=path: call(
        "fanotify_mark", call("fanotify_init", 0x200, 0), 1, 0x100, -100, p.encode()) >= 0)


@attack
def file_by_handle():
    handle = ctypes.create_string_buffer(struct.pack("<Ii", 64, 0), 128)
    mount = ctypes.c_int()
    call("name_to_handle_at", -100, secret.encode(), handle, ctypes.byref(mount), 0)
    call("open_by_handle_at", os.open("/usr", os.O_RDONLY), handle, 0)
    return True


@attack
def file_system_by_descriptor():
    return call("fsopen", b"tmpfs", 0) >= 0


@attack
def a_copy_of_the_tree_of_mounts():
    return call("open_tree", -100, b"/", 1) >= 0


@attack
def a_device():
    return done(os.mknod)("device", 0o20666, os.makedev(1, 3))


@attack
def a_set_uid_file():
    return done(os.chmod)("own", 0o4755)
