"""Programs that fill the disk with files that have no name. Argument: how they hide them."""
import ctypes
import mmap
import os
import platform
import socket
import sys
import threading
import time

MIB = 1024 * 1024
CHUNK = b"x" * MIB
libc = ctypes.CDLL(None)


def nameless(name):
    fd = os.open(name, os.O_CREAT | os.O_RDWR)
    for _ in range(8):
        os.write(fd, CHUNK)
    os.unlink(name)
    return fd


def deleted():
    return nameless


def mapped():
    def keep(name):
        fd = nameless(name)
        kept = mmap.mmap(fd, 4096)
        os.close(fd)
        return kept

    return keep


def sent():
    one, two = socket.socketpair()

    def keep(name):
        fd = nameless(name)
        socket.send_fds(one, [b"x"], [fd])
        os.close(fd)
        return two

    return keep


def undumpable():
    libc.prctl(4, 0, 0, 0, 0)
    return nameless


def executed():
    """The kernel hides a process whose program it may not read. Gradebox refuses to make such a file."""
    if not os.path.exists("unreadable"):
        data = open(os.path.realpath("/usr/bin/python3"), "rb").read()
        try:
            fd = os.open("unreadable", os.O_CREAT | os.O_WRONLY, 0o111)
        except PermissionError:
            return nameless
        os.write(fd, data)
        os.close(fd)
        os.execv("unreadable", ["python3", sys.argv[0], "executed"])
    return nameless


def child():
    if os.fork() == 0:
        return nameless
    time.sleep(20)
    sys.exit()


def thread():
    """The first thread ends, and with it the list of the process's descriptors."""
    def rest():
        time.sleep(0.1)
        fill(nameless)

    threading.Thread(target=rest).start()
    libc.syscall(60 if platform.machine() == "x86_64" else 93, 0)


def tree():
    """A deep tree, which nobody may enter, is a disk full of directories."""
    # Enough for any stack.
    for _ in range(5000):
        os.mkdir("d")
        os.chdir("d")
    for _ in range(50):
        os.chdir("..")
    sys.exit()


def fill(keep):
    kept = []
    for number in range(12):
        kept.append(keep(f"file-{number}"))
        time.sleep(0.02)
    time.sleep(20)


fill({act.__name__: act for act in (deleted, mapped, sent, undumpable, executed, child, thread, tree)}[sys.argv[1]]())
