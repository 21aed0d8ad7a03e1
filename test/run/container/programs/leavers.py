"""Programs that try to outlive their run. Argument: which."""
import os
import signal
import sys
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


acts = {
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
