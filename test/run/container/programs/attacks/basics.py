"""The parts that the attacks share: their targets, system calls by number, and the list of attacks."""
import ctypes
import os
import platform
import sys

# The test runner, a file that only its user may read, another submission's file that everybody may write by its mode,
# a process of the same user outside of the sandbox, and the directory, the program and the init of another run.
runner, secret, other, victim, rival_directory, rival, rival_init = (
    int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5], int(sys.argv[6]), int(sys.argv[7]))
init = os.getppid()
libc = ctypes.CDLL(None, use_errno=True)

# asm/unistd.h: x86-64 and arm64.
_NUMBERS = {
    "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "prlimit64": (302, 261), "ptrace": (101, 117), "kcmp": (312, 272),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "pidfd_getfd": (438, 438),
    "process_madvise": (440, 440), "process_mrelease": (448, 448), "ioprio_set": (251, 30),
    "sched_setscheduler": (144, 119), "sched_setattr": (314, 274), "migrate_pages": (256, 238),
    "move_pages": (279, 239), "perf_event_open": (298, 241), "get_robust_list": (274, 100),
    "inotify_init1": (294, 26), "inotify_add_watch": (254, 27), "fanotify_init": (300, 262),
    "fanotify_mark": (301, 263), "keyctl": (250, 219), "add_key": (248, 217),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "fsopen": (430, 430), "open_tree": (428, 428),
    "io_uring_setup": (425, 425), "shmget": (29, 194), "semget": (64, 190), "msgget": (68, 186),
    "mq_open": (240, 180), "unshare": (272, 97), "setns": (308, 268), "mknodat": (259, 33),
    "fchmodat2": (452, 452), "setxattrat": (463, 463), "getxattrat": (464, 464), "file_setattr": (469, 469),
    "userfaultfd": (323, 282), "bpf": (321, 280), "memfd_secret": (447, 447),
}


def call(name, *arguments):
    """A system call; raises its error."""
    number = _NUMBERS[name][0 if platform.machine() == "x86_64" else 1]
    result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result


attacks = []


def add(name, function):
    """An attack succeeds when the function returns true and raises nothing."""
    attacks.append((name, function))


def attack(function):
    add(function.__name__.replace("_", " "), function)
    return function


def done(act):
    """An attack that succeeds when the call does not fail."""
    return lambda *arguments: (act(*arguments), True)[1]
