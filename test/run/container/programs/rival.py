"""A run that another run attacks. When the test runner asks it to end, it prints `whole` if nothing has changed."""
import os
import resource
import signal

FILES = [f"{os.getcwd()}/answer", f"{os.environ['TMPDIR']}/answer"]
for path in FILES:
    with open(path, "w") as file:
        file.write("42\n")
    # Even what the owner of the file allows everybody, another run must not do.
    os.fchmod(os.open(path, os.O_RDONLY), 0o777)


def state():
    stats = [os.stat(path) for path in FILES]
    return [
        [(s.st_mode, s.st_uid, s.st_nlink, s.st_mtime_ns, s.st_ctime_ns) for s in stats],
        [open(path).read() for path in FILES],
        sorted(os.listdir(".")), sorted(os.listdir(os.environ["TMPDIR"])),
        os.getpriority(os.PRIO_PROCESS, 0), os.sched_getaffinity(0), os.sched_getscheduler(0),
        [resource.getrlimit(kind) for kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC, resource.RLIMIT_CPU)],
        open("/proc/self/comm").read(), open("/proc/self/oom_score_adj").read(), os.getpgrp(), os.getsid(0),
    ]


before = state()
ended = []
signal.signal(signal.SIGTERM, lambda *_: ended.append(True))
open("ready", "w").close()
before[2].append("ready")
while not ended:
    signal.pause()
print("whole" if sorted(before[2]) == state()[2] and before[3:] == state()[3:] and before[:2] == state()[:2] else [before, state()])
