#!/bin/sh
# Makes the root of one container and becomes its process. It runs as pid 1 of namespaces of its own, so all that it
# mounts goes with it.
#   container.sh <root> <mounts> <ro|rw> <cgroup, or ""> <host name> <command in the root> [arguments]
# A line of <mounts> is `ro|rw <tab> source <tab> target`.
set -eu
trap 'exit 125' EXIT

root=$1 mounts=$2 mode=$3 cgroup=$4 name=$5
shift 5
# the environment is the container's, but the programs here are this machine's
path=$PATH
PATH=/usr/sbin:/usr/bin:/sbin:/bin

[ -z "$cgroup" ] || echo 0 >"$cgroup/cgroup.procs"
echo "$name" >/proc/sys/kernel/hostname

mount -t tmpfs -o mode=755,size=16m tmpfs "$root"
mkdir "$root/proc" "$root/dev" "$root/dev/shm" "$root/tmp"
chmod 1777 "$root/tmp"
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
mount -t tmpfs -o mode=1777,size=64m,nosuid,nodev,noexec tmpfs "$root/dev/shm"
ln -s /proc/self/fd/1 "$root/dev/stdout"
ln -s /proc/self/fd/2 "$root/dev/stderr"
tab=$(printf '\t')
while IFS="$tab" read -r access source target; do
  if [ -d "$source" ]; then
    mkdir -p "$root$target"
  else
    mkdir -p "$root${target%/*}"
    : >"$root$target"
  fi
  mount --bind "$source" "$root$target"
  [ "$access" = rw ] || mount -o remount,bind,ro "$root$target"
done <"$mounts"
mount -o "remount,$mode" "$root"

chroot=$(command -v chroot)
PATH=$path
exec "$chroot" "$root" "$@"
