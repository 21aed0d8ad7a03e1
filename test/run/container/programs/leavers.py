"""Programs that try to outlive their run. Arguments: the kind, and the seconds for which the program itself stays."""
import ctypes
import os
import platform
import signal
import sys
import threading
import time

X64 = platform.machine() == "x86_64"
CLONE, EXIT = (56, 60) if X64 else (220, 93)
CLONE_VM, CLONE_VFORK, CLONE_PARENT = 0x100, 0x4000, 0x8000
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NAME, PR_SET_CHILD_SUBREAPER = 1, 4, 15, 36
PTRACE_TRACEME = 0
libc = ctypes.CDLL(None)


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
    while True:
        time.sleep(600)


def attempt(act):
    try:
        act()
    except OSError:
        pass


def daemon():
    attempt(os.setsid)
    child(sleeper)


def twice():
    """The usual way of a daemon: two forks, and a session between."""
    attempt(os.setsid)
    child(lambda: (os.chdir("/"), child(sleeper)))


def reaper():
    """Orphans come to this process, not to the init."""
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    child(lambda: child(sleeper))
    sleeper()


def hidden():
    """Refuses debuggers and the signal of a dying parent, and has another name."""
    libc.prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0)
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    libc.prctl(PR_SET_NAME, b"gradebox init", 0, 0, 0)
    sleeper()


def traced():
    """Its parent must let it go on."""
    libc.ptrace(PTRACE_TRACEME, 0, 0, 0)
    os.kill(os.getpid(), signal.SIGSTOP)
    sleeper()


def executed():
    os.execvp("setsid", ["setsid", "sleep", "600"])


def setuid():
    """A program that gains another user's rights would not die by this user's signals."""
    os.execvp("su", ["su", "-c", "sleep 600"])


def chain():
    """At every moment a new process starts and an old one ends."""
    until = time.monotonic() + 600
    while time.monotonic() < until:
        if os.fork() != 0:
            os._exit(0)


def bomb():
    while True:
        attempt(os.fork)


def stopped():
    os.kill(os.getpid(), signal.SIGSTOP)


def stops_init():
    """A stopped init could end nothing any more."""
    for pid in [os.getppid(), -os.getpgrp(), 0, -1]:
        attempt(lambda: os.kill(pid, signal.SIGSTOP))
    sleeper()


def grouped():
    os.setpgid(0, 0)
    child(sleeper)
    sleeper()


def clones(flags, exit_signal=signal.SIGCHLD):
    if libc.syscall(CLONE, flags | exit_signal, 0, 0, 0, 0) == 0:
        sleeper()


def exit_signal():
    """The kernel sends the exit signal of an orphan to its new parent, unless it resets that signal."""
    if libc.syscall(CLONE, signal.SIGSTOP, 0, 0, 0, 0) == 0:
        time.sleep(0.01)
        os._exit(0)


def threads():
    """The first thread ends, and the process continues without it."""
    threading.Thread(target=time.sleep, args=(600,)).start()
    libc.syscall(EXIT, 0)


acts = {
    "child": sleeper,
    "daemon": daemon,
    "twice": twice,
    "reaper": reaper,
    "hidden": hidden,
    "traced": traced,
    "executed": executed,
    "setuid": setuid,
    "chain": chain,
    "bomb": bomb,
    "stopped": stopped,
    "init": stops_init,
    "group": grouped,
    "sibling": lambda: clones(CLONE_PARENT),
    "vfork": lambda: clones(CLONE_VFORK | CLONE_VM),
    "signal": exit_signal,
    "thread": threads,
}
if sys.argv[1:] == []:
    print(" ".join(acts))
    sys.exit()
for _ in range(3):
    child(acts[sys.argv[1]])
if len(sys.argv) > 2:
    time.sleep(float(sys.argv[2]))
