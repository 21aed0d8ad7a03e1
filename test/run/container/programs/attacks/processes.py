"""Attacks on other processes."""
import ctypes
import os
import signal
import struct

from basics import add, attack, call, done, init, libc, rival, rival_init, runner, victim

PTRACE_ATTACH, PTRACE_SEIZE = 16, 0x4206
info = ctypes.create_string_buffer(struct.pack("<iii", 18, 0, -1), 128)
limits = ctypes.create_string_buffer(struct.pack("<QQ", 9, 9))
deadline = ctypes.create_string_buffer(struct.pack("<IIQiI", 48, 5, 0, 0, 0), 48)
vector = struct.pack("<QQ", 0x400000, 8)


# The guard answers 0, and the kernel does nothing.
def binds(target):
    before = os.sched_getaffinity(target)
    os.sched_setaffinity(target, {1} if before == {0} else {0})
    return os.sched_getaffinity(target) != before


one_process = {
    "signals": lambda t: os.kill(t, signal.SIGCONT),
    "stops": lambda t: os.kill(t, signal.SIGSTOP),
    "queues a signal to": lambda t: call("rt_sigqueueinfo", t, 18, info),
    "queues a signal to a thread of": lambda t: call("rt_tgsigqueueinfo", t, t, 18, info),
    "tkills": lambda t: call("tkill", t, 18),
    "tgkills": lambda t: call("tgkill", t, t, 18),
    "signals by pidfd": lambda t: signal.pidfd_send_signal(os.pidfd_open(t), 18),
    "stops by pidfd": lambda t: signal.pidfd_send_signal(os.pidfd_open(t), signal.SIGSTOP),
    "reads a limit of": lambda t: call("prlimit64", t, 7, 0, ctypes.create_string_buffer(16)),
    "sets a limit of": lambda t: call("prlimit64", t, 7, limits, 0),
    "slows": lambda t: os.setpriority(os.PRIO_PROCESS, t, 19),
    "slows the group of": lambda t: os.setpriority(os.PRIO_PGRP, t, 19),
    "schedules": lambda t: os.sched_setscheduler(t, os.SCHED_IDLE, os.sched_param(0)),
    "schedules by attributes": lambda t: call("sched_setattr", t, deadline, 0),
    "slows the disk of": lambda t: call("ioprio_set", 1, t, 0x4007),
    "traces": lambda t: call("ptrace", PTRACE_ATTACH, t, 0, 0),
    "seizes": lambda t: call("ptrace", PTRACE_SEIZE, t, 0, 0),
    "reads the memory of": lambda t: call("process_vm_readv", t, vector, 1, vector, 1, 0),
    "writes the memory of": lambda t: call("process_vm_writev", t, vector, 1, vector, 1, 0),
    "takes a descriptor of": lambda t: call("pidfd_getfd", os.pidfd_open(t), 0, 0),
    "compares descriptors with": lambda t: call("kcmp", os.getpid(), t, 0, 0, 0),
    "moves the memory of": lambda t: call("migrate_pages", t, 64, vector, vector),
    "asks where the memory is of": lambda t: call("move_pages", t, 1, vector, 0, ctypes.create_string_buffer(16), 0),
    "reads the locks of": lambda t: call("get_robust_list", t, ctypes.create_string_buffer(8),
                                         ctypes.create_string_buffer(8)),
    "frees the memory of": lambda t: call("process_mrelease", os.pidfd_open(t), 0),
    "pages out the memory of": lambda t: call("process_madvise", os.pidfd_open(t), vector, 1, 21, 0),
    "counts the events of": lambda t: call("perf_event_open", ctypes.create_string_buffer(
        struct.pack("<IIQ", 1, 120, 1), 120), t, -1, -1, 0),
    "moves to another group": lambda t: os.setpgid(t, 0),
    "joins the namespaces of": lambda t: call("setns", os.pidfd_open(t), 0x20000),
}
for target in [runner, victim, rival, rival_init, init]:
    for name, act in one_process.items():
        add(f"{name} {target}", lambda t=target, a=act: done(a)(t))
    add(f"binds {target}", lambda t=target: binds(t))
for target in [victim, rival]:
    add(f"signals the group {target}", lambda t=target: done(os.kill)(-t, signal.SIGCONT))
    # The owner of a descriptor gets its signals: F_SETOWN, F_SETSIG, O_ASYNC.
    add(f"signals {target} by a pipe", lambda t=target: owns_pipe(t))


def owns_pipe(target):
    import fcntl
    reading, writing = os.pipe()
    fcntl.fcntl(reading, fcntl.F_SETOWN, target)
    fcntl.fcntl(reading, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(reading, fcntl.F_SETFL, os.O_ASYNC)
    os.write(writing, b"x")
    # The test checks whether the target lives.
    return False


@attack
def signals_everybody():
    os.kill(-1, signal.SIGCONT)
    return False


@attack
def slows_its_user():
    return done(os.setpriority)(os.PRIO_USER, 0, 19) and os.getpriority(os.PRIO_PROCESS, victim) == 19


@attack
def becomes_root():
    return done(os.setuid)(0)


@attack
def gains_rights_by_a_set_uid_program():
    script = "import os, sys; sys.exit(77 if 0 in (os.geteuid(), os.getuid()) else 0)"
    return os.system(f"su -c 'python3 -c \"{script}\"' </dev/null >/dev/null 2>&1") >> 8 == 77


@attack
def has_a_capability():
    lines = open("/proc/self/status").read().split("\n")
    return any(int(line.split()[1], 16) for line in lines if line.startswith(("CapInh", "CapPrm", "CapEff", "CapAmb")))


@attack
def has_a_group_of_the_runner():
    return os.getuid() != os.stat(f"/proc/{runner}").st_uid and 0 in [*os.getgroups(), os.getgid()]


@attack
def has_a_terminal():
    return os.open("/dev/tty", os.O_RDWR) >= 0


@attack
def gets_a_terminal():
    return os.open("/dev/ptmx", os.O_RDWR) >= 0
