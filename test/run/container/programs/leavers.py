"""Programs that try to outlive their run. Argument: which."""
import ctypes
import os
import signal
import platform
import sys
import threading
import time

kind = sys.argv[1]


def child(act):
    if os.fork() == 0:
        try:
            act()
        finally:
            os._exit(0)


def sleeper():
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    time.sleep(600)


def daemon():
    try:
        os.setsid()
    except OSError:
        pass
    child(sleeper)


def chain(until):
    while time.monotonic() < until:
        if os.fork() != 0:
            os._exit(0)


def bomb():
    while True:
        try:
            os.fork()
        except OSError:
            pass


def stopped():
    os.kill(os.getpid(), signal.SIGSTOP)


def grouped():
    os.setpgid(0, 0)
    child(sleeper)
    sleeper()


CLONE_VFORK, CLONE_PARENT = 0x4000, 0x8000
CLONE, EXIT = (220, 93) if platform.machine() == "aarch64" else (56, 60)
libc = ctypes.CDLL(None)


def clones(flags):
    if libc.syscall(CLONE, flags | signal.SIGCHLD, 0, 0, 0, 0) == 0:
        sleeper()


def threads():
    """The first thread ends, and the process goes on without it."""
    threading.Thread(target=time.sleep, args=(600,)).start()
    libc.syscall(EXIT, 0)


acts = {
    "sibling": lambda: clones(CLONE_PARENT),
    "vfork": lambda: clones(CLONE_VFORK),
    "thread": threads,
    "child": sleeper,
    "daemon": daemon,
    "chain": lambda: chain(time.monotonic() + 600),
    "bomb": bomb,
    "stopped": stopped,
    "group": grouped,
}
for _ in range(3):
    child(acts[kind])
if len(sys.argv) > 2:
    time.sleep(float(sys.argv[2]))
