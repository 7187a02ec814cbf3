#!/bin/bash
# PID 1 of new mount, pid, uts, net and ipc namespaces. Builds a root: an overlay of the machine's own, its upper
# layer in memory, own /dev /proc /run /tmp; the checkout bound read-only at its own path.
#   root.sh bake DIR CACHE HERE REPO...     runs bake.sh in it, keeps what it wrote in CACHE
#   root.sh boot DIR CACHE NAME SITE REPO...  becomes systemd
set -euo pipefail
mode=$1 dir=$2 cache=$3
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
umask 022
shift 3
if [ "$mode" = boot ]; then
    name=$1 site=$2
    shift 2
    # The host's procfs is still here: these are the numbers the host sees.
    read -r stat < /proc/self/stat
    after=${stat##*) }
    # shellcheck disable=SC2086
    set -- "$@" -- $after
    binds=()
    while [ "$1" != -- ]; do binds+=("$1"); shift; done
    shift
    echo "${stat%% *} ${20}" > "$dir/pid"
    # A cgroup of its own, so that several systemds do not share one.
    mkdir -p "$dir/cgroup"
    mount -t cgroup2 cgroup2 "$dir/cgroup"
    mkdir -p "$dir/cgroup/lectio-vps-$name"
    echo "${stat%% *}" > "$dir/cgroup/lectio-vps-$name/cgroup.procs" 2>/dev/null || echo 0 > "$dir/cgroup/lectio-vps-$name/cgroup.procs"
    umount "$dir/cgroup"
    exec unshare -C "$0" boot2 "$dir" "$cache" "$name" "$site" "${binds[@]}"
elif [ "$mode" = boot2 ]; then
    name=$1 site=$2
    shift 2
else
    here=$1
    shift
fi

root=$dir/root
mkdir -p "$root"
mount -t tmpfs -o mode=755 lectio "$root"
mkdir "$root/upper" "$root/work" "$root/merged"
[ "$mode" = bake ] || cp -a "$cache/." "$root/upper/"
chmod 755 "$root/upper"
mount -t overlay overlay -o "lowerdir=/,upperdir=$root/upper,workdir=$root/work" "$root/merged"
cd "$root/merged"
mount -t proc proc proc
mount --bind proc/sys/net proc/sys/net
mount --rbind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
[ ! -e proc/sysrq-trigger ] || { mount --bind proc/sysrq-trigger proc/sysrq-trigger && mount -o remount,bind,ro proc/sysrq-trigger; }
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys
mount -t tmpfs -o mode=755,nosuid dev dev
mknod -m 666 dev/null c 1 3
mknod -m 666 dev/zero c 1 5
mknod -m 666 dev/full c 1 7
mknod -m 666 dev/random c 1 8
mknod -m 666 dev/urandom c 1 9
mknod -m 666 dev/tty c 5 0
mknod -m 600 dev/console c 1 3
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr
mkdir dev/pts dev/shm dev/mqueue
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
ln -s pts/ptmx dev/ptmx
mount -t tmpfs -o mode=1777,nosuid,nodev shm dev/shm
mount -t mqueue mqueue dev/mqueue
mount -t tmpfs -o mode=755,nosuid,nodev run run
mount -t tmpfs -o mode=1777,nosuid,nodev tmp tmp
for bind in "$@"; do
    mkdir -p ".$bind"
    mount --rbind "$bind" ".$bind"
    mount -o remount,bind,ro ".$bind"
done

if [ "$mode" = bake ]; then
    chroot . /bin/bash "$here/lib/bake.sh" "$here"
    find "$root/upper" -type c -delete
    rm -rf "$cache.new"
    cp -a "$root/upper" "$cache.new"
    mv "$cache.new" "$cache"
    exit
fi

mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 sys/fs/cgroup
echo "$name" > etc/hostname
hostname "$name"
{ cat etc/hosts.server; echo "127.0.1.1 $name"; } > etc/hosts
printf '%s\n' "$(tr -d - < /proc/sys/kernel/random/uuid)" > etc/machine-id
if [ "$site" = no ]; then
    (cd etc/systemd/system/multi-user.target.wants && rm -f nginx.service postgresql.service teaching_panel.service lectio-ready.service hc-stand-in.service telegram-stand-in.service smtp-stand-in.service cloud-stand-in.service)
fi
ip link set lo up
mkdir .host
pivot_root . .host
cd /
umount -l /.host
rmdir /.host
# Clock, kernel modules and reboot are the machine's, not the server's.
exec setpriv --bounding-set -sys_time,-sys_module,-sys_boot,-sys_rawio,-syslog \
    env -i container=lectio-vps PATH="$PATH" TERM=dumb /lib/systemd/systemd --system --unit=multi-user.target
