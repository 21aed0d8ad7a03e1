"""Attacks by sockets, shared memory, queues, namespaces, and the descriptors of the sandbox."""
import ctypes
import os
import resource
import socket

from basics import add, attack, call, done, libc, rival_directory


@attack
def keys_of_the_user():
    # KEYCTL_GET_KEYRING_ID of the user keyring.
    return call("keyctl", 0, -4, 1) >= 0


@attack
def a_key_of_its_own():
    return call("add_key", b"user", b"x", b"y", 1, -4) >= 0


# Not AF_INET and AF_INET6, for which the filter ends the run; AF_ALG is 38, AF_VSOCK 40.
for family in [socket.AF_UNIX, socket.AF_NETLINK, socket.AF_PACKET, 38, 40]:
    for kind in [socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW]:
        add(f"makes a socket of family {int(family)} and type {int(kind)}",
            lambda f=family, k=kind: done(socket.socket)(f, k))
for kind in [socket.SOCK_DGRAM, socket.SOCK_RAW]:
    add(f"makes a pair of type {int(kind)}", lambda k=kind: done(socket.socketpair)(socket.AF_UNIX, k))
for address in ["\0gradebox-attack", "/run/x.sock", f"{rival_directory}/work/socket"]:
    for kind in [socket.SOCK_STREAM, socket.SOCK_SEQPACKET]:
        add(f"connects to {address!r}", lambda a=address, k=kind: done(socket.socketpair(socket.AF_UNIX, k)[0].connect)(a))
        add(f"binds {address!r}", lambda a=address, k=kind: done(socket.socketpair(socket.AF_UNIX, k)[0].bind)(a))


@attack
def a_ring():
    return call("io_uring_setup", 1, ctypes.create_string_buffer(120)) >= 0


@attack
def shared_memory():
    return call("shmget", 0x1234, 4096, 0o1666) >= 0


@attack
def semaphores():
    return call("semget", 0x1234, 1, 0o1666) >= 0


@attack
def messages():
    return call("msgget", 0x1234, 0o1666) >= 0


@attack
def messages_of_posix():
    return call("mq_open", b"gradebox-attack", os.O_CREAT | os.O_RDWR, 0o666, 0) >= 0


@attack
def memory_of_posix():
    return os.open("/dev/shm/gradebox-attack", os.O_CREAT | os.O_RDWR) >= 0


for flag, what in [(0x10000000, "user"), (0x20000, "mount"), (0x20000000, "process"), (0x40000000, "network"),
                   (0x8000000, "IPC"), (0x4000000, "host name"), (0x2000000, "control group"), (0x80, "time")]:
    add(f"makes a {what} namespace", lambda f=flag: call("unshare", f) >= 0)


@attack
def mounts():
    return libc.mount(b"none", b".", b"tmpfs", 0, None) == 0


@attack
def changes_root():
    return done(os.chroot)(".")


@attack
def faults_in_user_space():
    # UFFD_USER_MODE_ONLY would be harmless.
    return call("userfaultfd", 0) >= 0


@attack
def a_program_in_the_kernel():
    return call("bpf", 0, ctypes.create_string_buffer(64), 64) >= 0


@attack
def a_descriptor_of_the_sandbox():
    highest = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 4096)
    return any(is_open(number) for number in range(3, highest))


def is_open(number):
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


@attack
def a_forged_result():
    """Writes to each descriptor but the streams, where the report would be."""
    written = 0
    for number in range(3, 256):
        try:
            written += os.write(number, b"\0" * 64)
        except OSError:
            pass
    return written > 0


@attack
def raises_its_own_limits():
    for name in ["RLIMIT_NOFILE", "RLIMIT_NPROC", "RLIMIT_FSIZE", "RLIMIT_CORE"]:
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        if hard == resource.RLIM_INFINITY:
            continue
        try:
            resource.setrlimit(kind, (hard + 1, hard + 1))
            return True
        except (OSError, ValueError):
            pass
    return False
