# What the settings' commands may use; sourced by a shell of root, in a mount namespace of its own.
# $USER is who will run the checks, $UID_ that user's number.
set -eu

groups=/sys/fs/cgroup

# Moves this shell, and so the checks, into a control group; those above it pass their controllers on.
join() {
  path=$groups
  old_ifs=$IFS; IFS=/
  for name in $1; do
    echo '+memory +pids +cpu' > "$path/cgroup.subtree_control"
    path=$path/$name
    mkdir -p "$path"
  done
  IFS=$old_ifs
  echo $$ > "$path/cgroup.procs"
  group=$path
}

# Gives that group away as cgroups(7), "Delegation", says.
delegate_files() {
  chown "$UID_:$UID_" "$group" "$group/cgroup.procs" "$group/cgroup.subtree_control" "$group/cgroup.threads"
}

# ... and marks it as systemd does.
delegate() {
  delegate_files
  node /gradebox/test/vm/guest/mark.js "$group"
}

# As container engines do: proc(5) files covered, /proc/sys read-only.
mask_proc() {
  mount --bind /dev/null /proc/kcore
  mount --bind /dev/null /proc/keys
  mount -t tmpfs -o ro masked /proc/irq
  mount --bind /proc/sys /proc/sys
  mount -o remount,bind,ro /proc/sys
}

# What follows is run under: capabilities that Docker leaves root.
drop_capabilities() {
  outside='setpriv --bounding-set -all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service,+sys_chroot,+mknod,+audit_write,+setfcap --'
}

# What follows is run in: a cgroup namespace, with the mount of it that a container has.
enter_cgroup_namespace() {
  outside='unshare --cgroup -- /bin/sh /gradebox/test/vm/guest/with-own-cgroups.sh'
}

outside=
