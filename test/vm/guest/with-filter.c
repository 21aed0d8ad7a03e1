// Runs a program under a filter that its first argument names. "no-listener" imitates a kernel older than user
// notification, and "container" a container that may make no namespace.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SYS_CLONE3 435
#define SYS_MOUNT_SETATTR 442
#define NAMESPACES \
  (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)
#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define REFUSE(error) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))
#define IF(number, then, otherwise) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, then, otherwise)
#define IF_ANY(bits, then, otherwise) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, then, otherwise)
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static struct sock_filter no_listener[] = {
    LOAD(nr), IF(SYS_seccomp, 0, 2), LOAD(args[1]), IF_ANY(SECCOMP_FILTER_FLAG_NEW_LISTENER, 1, 0),
    ALLOW, REFUSE(EINVAL),
};

static struct sock_filter container[] = {
    LOAD(nr),
    IF(SYS_unshare, 9, 0), IF(SYS_setns, 8, 0), IF(SYS_mount, 7, 0), IF(SYS_umount2, 6, 0),
    IF(SYS_pivot_root, 5, 0), IF(SYS_MOUNT_SETATTR, 4, 0), IF(SYS_CLONE3, 5, 0),
    IF(SYS_clone, 0, 3), LOAD(args[0]), IF_ANY(NAMESPACES, 0, 1), REFUSE(EPERM), ALLOW, REFUSE(ENOSYS),
};

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  int old = strcmp(argv[1], "no-listener") == 0;
  struct sock_fprog program = {
      .len = old ? sizeof no_listener / sizeof *no_listener : sizeof container / sizeof *container,
      .filter = old ? no_listener : container,
  };
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    perror("with-filter");
    return 2;
  }
  execvp(argv[2], argv + 2);
  perror(argv[2]);
  return 2;
}
