#!/bin/sh
# A root as containers have it, in the namespaces of this process, and nothing but itself to talk to.
#   unshare --mount --pid --net --fork --kill-child sh pod.sh ROOT USER [WRITABLE…]
set -eu
root=$1 user=$2
shift 2
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=0755 tmpfs "$root/dev"
for device in null zero urandom random; do
    : >"$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/shm"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
for place; do
    mount -t tmpfs -o "uid=${user%:*},gid=${user#*:},mode=0750" tmpfs "$root$place"
done
mount -o remount,bind,ro "$root"
ip link set lo up
echo ready
exec chroot "$root" sleep infinity
