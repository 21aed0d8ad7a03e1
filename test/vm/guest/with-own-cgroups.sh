# Mounts the control groups of its cgroup namespace, and runs its arguments.
set -eu
umount -l /sys/fs/cgroup
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 /sys/fs/cgroup
exec "$@"
