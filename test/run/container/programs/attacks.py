"""Attacks of a program that runs without namespaces. Prints one line for each that succeeds.

Arguments: the pid of the runner, a file of the runner's user that nobody else may read or change, another
submission's file, and a process of the same user that runs outside of the sandbox.
"""
import ctypes
import os
import signal
import socket
import struct
import sys

runner, secret, other, victim = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
libc = ctypes.CDLL(None, use_errno=True)


def call(number, *arguments):
    """A system call; raises its error."""
    result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    if result < 0:
        raise OSError(ctypes.get_errno(), "syscall")
    return result


attacks = []


def attack(function):
    attacks.append(function)
    return function


def reads(path):
    return len(open(path, "rb").read(1)) > 0


for path in ["/etc/shadow", "/etc/passwd", secret, other, f"/proc/{runner}/environ", f"/proc/{runner}/mem",
             f"/proc/{runner}/maps", f"/proc/{victim}/environ", f"/proc/{victim}/mem", "/root/.profile",
             "/gradebox/package.json"]:
    attacks.append(lambda path=path: reads(path))
    attacks[-1].__name__ = f"reads {path}"

for path in ["/tmp", "/", os.path.dirname(secret), os.path.dirname(other), f"/proc/{runner}/cwd/",
             f"/proc/{runner}/root/", "/etc", "/home", "../..", ".."]:
    attacks.append(lambda path=path: len(os.listdir(path)) >= 0)
    attacks[-1].__name__ = f"lists {path}"

for directory in ["/tmp", "/dev/shm", "/var/tmp", "/home/student", "/dev/mqueue", "/run", os.path.dirname(secret), "..",
                  f"/proc/{runner}/cwd"]:
    attacks.append(lambda d=directory: os.open(f"{d}/planted", os.O_CREAT | os.O_WRONLY) >= 0)
    attacks[-1].__name__ = f"writes to {directory}"
    attacks.append(lambda d=directory: os.mkdir(f"{d}/planted-directory") or True)
    attacks[-1].__name__ = f"makes a directory in {directory}"
    attacks.append(lambda d=directory: os.symlink("x", f"{d}/planted-link") or True)
    attacks[-1].__name__ = f"makes a link in {directory}"

for name, change in {
    "opens for writing": lambda p: os.open(p, os.O_WRONLY),
    "truncates": lambda p: os.truncate(p, 0),
    "truncates by open": lambda p: os.open(p, os.O_RDONLY | os.O_TRUNC),
    "chmods": lambda p: os.chmod(p, 0o777),
    "chowns": lambda p: os.chown(p, -1, os.getgid()),
    "changes times of": lambda p: os.utime(p, (1, 1)),
    "removes": os.unlink,
    "renames": lambda p: os.rename(p, "stolen"),
    "links": lambda p: os.link(p, "linked"),
    "sets an attribute of": lambda p: os.setxattr(p, "user.x", b"1"),
    "executes": lambda p: os.execv(p, [p]),
}.items():
    for path in [secret, other]:
        attacks.append(lambda p=path, c=change: c(p) or True)
        attacks[-1].__name__ = f"{name} {path}"


# The guard answers 0 without doing anything.
def binds(target):
    before = os.sched_getaffinity(target)
    os.sched_setaffinity(target, {1} if before == {0} else {0})
    return os.sched_getaffinity(target) != before


for target in [runner, victim, os.getppid(), -victim]:
    attacks.append(lambda t=target: os.kill(t, signal.SIGCONT) or True)
    attacks[-1].__name__ = f"signals {target}"
    attacks.append(lambda t=target: call(129, t, 18, ctypes.create_string_buffer(struct.pack("<iii", 18, 0, -1), 128)) >= 0)
    attacks[-1].__name__ = f"queues a signal to {target}"
    attacks.append(lambda t=target: call(200, t, 18) >= 0)
    attacks[-1].__name__ = f"tkills {target}"
    attacks.append(lambda t=target: call(234, t, t, 18) >= 0)
    attacks[-1].__name__ = f"tgkills {target}"
    attacks.append(lambda t=target: signal.pidfd_send_signal(os.pidfd_open(t), 18) or True)
    attacks[-1].__name__ = f"signals {target} by pidfd"
    attacks.append(lambda t=target: call(302, t, 7, 0, ctypes.create_string_buffer(16)) >= 0)
    attacks[-1].__name__ = f"reads a limit of {target}"
    attacks.append(lambda t=target: call(302, t, 7, ctypes.create_string_buffer(struct.pack("<QQ", 9, 9)), 0) >= 0)
    attacks[-1].__name__ = f"sets a limit of {target}"
    attacks.append(lambda t=target: binds(t))
    attacks[-1].__name__ = f"binds {target}"
    attacks.append(lambda t=target: os.setpriority(os.PRIO_PROCESS, t, 19) or True)
    attacks[-1].__name__ = f"slows {target}"
    attacks.append(lambda t=target: libc.ptrace(16, t, 0, 0) == 0)
    attacks[-1].__name__ = f"traces {target}"


for path in ["/tmp", os.path.dirname(other), "..", "/home/student"]:
    # inotify_init1, inotify_add_watch with IN_CREATE.
    attacks.append(lambda p=path: call(254, call(294, 0), p.encode(), 0x100) >= 0)
    attacks[-1].__name__ = f"watches {path}"
    # fanotify_init with FAN_REPORT_FID, which needs no capability.
    attacks.append(lambda p=path: call(301, call(300, 0x200, 0), 1, 0x100, -100, p.encode()) >= 0)
    attacks[-1].__name__ = f"watches {path} by fanotify"


def opens_one_of(path):
    for name in os.listdir(path):
        os.open(f"{path}/{name}", os.O_RDONLY | os.O_NONBLOCK)
        return True
    return False


for path in [f"/proc/{runner}/fd", f"/proc/{victim}/fd", f"/proc/{os.getppid()}/fd"]:
    attacks.append(lambda p=path: opens_one_of(p))
    attacks[-1].__name__ = f"opens what is in {path}"

for target in [runner, victim, os.getppid()]:
    vector = struct.pack("<QQ", 0x400000, 8)
    attacks.append(lambda t=target, v=vector: call(310, t, v, 1, v, 1, 0) >= 0)
    attacks[-1].__name__ = f"reads the memory of {target}"
    attacks.append(lambda t=target: call(438, os.pidfd_open(t), 0, 0) >= 0)
    attacks[-1].__name__ = f"takes a descriptor of {target}"
    attacks.append(lambda t=target: call(312, os.getpid(), t, 0, 0, 0) >= 0)
    attacks[-1].__name__ = f"compares descriptors with {target}"
    attacks.append(lambda t=target: os.setpgid(t, 0) or True)
    attacks[-1].__name__ = f"moves {target} to another group"
    attacks.append(lambda t=target: call(251, 1, t, 0x4007) >= 0)
    attacks[-1].__name__ = f"slows the disk of {target}"


@attack
def keys_of_the_user():
    # KEYCTL_GET_KEYRING_ID of the user keyring.
    call(250, 0, -4, 1)
    return True


@attack
def file_by_handle():
    handle = ctypes.create_string_buffer(struct.pack("<Ii", 64, 0), 128)
    mount = ctypes.c_int()
    call(303, -100, secret.encode(), handle, ctypes.byref(mount), 0)
    call(304, os.open("/usr", os.O_RDONLY), handle, 0)
    return True


@attack
def file_system_by_descriptor():
    call(430, b"tmpfs", 0)
    return True


@attack
def signals_everybody():
    os.kill(-1, signal.SIGCONT)
    return False


@attack
def unix_socket():
    socket.socket(socket.AF_UNIX)
    return True


@attack
def netlink():
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)
    return True


@attack
def datagrams_to_any_address():
    socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    return True


@attack
def abstract_socket():
    one, _ = socket.socketpair()
    one.connect("\0gradebox-attack")
    return True


@attack
def io_uring():
    call(425, 1, ctypes.create_string_buffer(120))
    return True


@attack
def shared_memory():
    call(29, 0x1234, 4096, 0o1666)
    return True


@attack
def semaphores():
    call(64, 0x1234, 1, 0o1666)
    return True


@attack
def messages():
    call(68, 0x1234, 0o1666)
    return True


for flag, what in [(0x10000000, "user"), (0x20000, "mount"), (0x20000000, "process"), (0x40000000, "network")]:
    attacks.append(lambda f=flag: call(272, f) >= 0)
    attacks[-1].__name__ = f"makes a {what} namespace"


@attack
def mounts():
    return libc.mount(b"none", b".", b"tmpfs", 0, None) == 0


@attack
def changes_root():
    os.chroot(".")
    return True


@attack
def becomes_root():
    os.setuid(0)
    return True


@attack
def makes_a_device():
    os.mknod("device", 0o20666, os.makedev(1, 3))
    return True


@attack
def reads_a_descriptor_of_the_sandbox():
    for number in range(3, 64):
        try:
            os.fstat(number)
        except OSError:
            continue
        return True
    return False


def main():
    names = [a.__name__ for a in attacks]
    tried = 0
    for name, function in zip(names, attacks):
        # Each in a process of its own, for a filter may kill for it.
        child = os.fork()
        if child == 0:
            try:
                succeeded = function()
            except BaseException:
                succeeded = False
            os._exit(77 if succeeded else 0)
        _, status = os.waitpid(child, 0)
        tried += 1
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 77:
            print("SUCCEEDED:", name, flush=True)
    print("tried", tried)


main()
