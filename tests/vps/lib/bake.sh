#!/bin/bash
# Runs once inside a scratch root (chroot, no systemd): lays the site, its database and units. What it
# writes becomes the top layer of every server. Argument: tests/vps as seen here.
set -euo pipefail
here=$1
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root
umask 022

# --- a quiet machine: no foreign mounts, no units but ours
: > /etc/fstab
printf '127.0.0.1 localhost\n127.0.0.1 lectio.test\n127.0.0.3 hc.test\n127.0.0.4 api.telegram.org\n127.0.0.5 mail.test\n127.0.0.6 oauth2.googleapis.com www.googleapis.com zoom.us\n' > /etc/hosts.server
rm -f /etc/resolv.conf
printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' > /etc/resolv.conf
mkdir -p /etc/systemd/journald.conf.d /etc/systemd/system/multi-user.target.wants
printf '[Journal]\nStorage=volatile\nRateLimitIntervalSec=0\nForwardToConsole=no\n' > /etc/systemd/journald.conf.d/lectio.conf
ours=' cron.service nginx.service postgresql.service dbus.service dbus.socket '
for unit in /etc/systemd/system/*.target.wants/* /lib/systemd/system/multi-user.target.wants/* /lib/systemd/system/timers.target.wants/*; do
    unit=${unit##*/}
    case $unit in *.target | '*' | systemd-user-sessions.service) continue ;; esac
    case $ours in *" $unit "*) continue ;; esac
    ln -sfn /dev/null "/etc/systemd/system/$unit"
done
for unit in systemd-udevd.service systemd-udevd-kernel.socket systemd-udevd-control.socket systemd-udev-trigger.service \
    systemd-timesyncd.service systemd-networkd.service systemd-resolved.service systemd-logind.service getty.target \
    console-getty.service systemd-modules-load.service systemd-sysctl.service systemd-binfmt.service proc-sys-fs-binfmt_misc.automount \
    dev-hugepages.mount sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-fs-fuse-connections.mount \
    modprobe@configfs.service modprobe@fuse.service modprobe@drm.service modprobe@efi_pstore.service systemd-pstore.service \
    kmod-static-nodes.service systemd-tmpfiles-setup-dev.service systemd-firstboot.service systemd-random-seed.service \
    systemd-update-utmp.service systemd-update-utmp-runlevel.service ldconfig.service systemd-machine-id-commit.service \
    exim4.service rsyslog.service ifupdown-pre.service networking.service; do
    ln -sfn /dev/null "/etc/systemd/system/$unit"
done
for unit in cron nginx postgresql; do
    ln -sfn "/lib/systemd/system/$unit.service" "/etc/systemd/system/multi-user.target.wants/$unit.service"
done

# --- TLS: the rig's own CA is in the trust store
"$here/lib/tls.sh" /etc/lectio-tls
mkdir -p /usr/local/share/ca-certificates /etc/letsencrypt/live
cp /etc/lectio-tls/ca.pem /usr/local/share/ca-certificates/lectio-test-ca.crt
ln -sf /usr/local/share/ca-certificates/lectio-test-ca.crt "/etc/ssl/certs/$(openssl x509 -in /etc/lectio-tls/ca.pem -noout -hash).0"
cat /etc/lectio-tls/ca.pem >> /etc/ssl/certs/ca-certificates.crt
ln -sfn /etc/lectio-tls/good /etc/letsencrypt/live/lectio.test

# --- the site
"$here/lib/lay_site.sh" /var/www/teaching_panel
chown -R www-data:www-data /var/www/teaching_panel
/usr/bin/python3 -m compileall -q /var/www/teaching_panel/teaching_panel
password=$(openssl rand -hex 16)
install -m 640 -g www-data /dev/null /etc/lectio-site.env
cat > /etc/lectio-site.env <<EOF
DJANGO_SETTINGS_MODULE=teaching_panel.settings
DATABASE_URL=postgresql://teaching_panel:$password@127.0.0.1:5432/teaching_panel
SECRET_KEY=$(openssl rand -hex 32)
ALLOWED_HOSTS=lectio.test
SECURE_SSL_REDIRECT=1
GUNICORN_WORKERS=3
THROTTLE_USER=1000000/hour
THROTTLE_ANON=1000000/hour
THROTTLE_LOGIN=1000000/hour
EOF
install -d -o www-data -g www-data /var/cache/lectio-site
install -m 644 "$here"/server/*.service /etc/systemd/system/
install -m 755 "$here/server/lectio-green" "$here/server/lectio-cert" /usr/local/sbin/
install -D -m 644 -t /opt/stand-ins "$here"/stand_ins/*.py
for unit in teaching_panel hc-stand-in telegram-stand-in smtp-stand-in cloud-stand-in lectio-ready; do
    ln -sfn "/etc/systemd/system/$unit.service" "/etc/systemd/system/multi-user.target.wants/$unit.service"
done
mkdir -p /etc/nginx/lectio/faults-http.d /etc/nginx/lectio/faults-server.d /var/log/nginx
cp "$here/server/proxy.conf" /etc/nginx/lectio/
sed -e 's|@USER@|user www-data;|; s|@PID@|/run/nginx.pid|; s|@LOG@|/var/log/nginx|; s|@TEMP@||; s|@CONF@|/etc/nginx/lectio|' \
    -e 's|@BACKEND@|8000|; s|@HTTP@|127.0.0.1:80|; s|@HTTPS@|127.0.0.1:443|; s|@TLS@|/etc/letsencrypt/live/lectio.test|' \
    -e 's|@BUILD@|/var/www/teaching_panel/frontend/build|' "$here/server/nginx.conf" > /etc/nginx/nginx.conf

# --- its database: a cluster of its own; the machine's clusters stay asleep
for conf in /etc/postgresql/*/*/start.conf; do
    [ -e "$conf" ] && echo disabled > "$conf"
done
version=$(find /usr/lib/postgresql -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -V | tail -1)
pg_createcluster "$version" lectio -p 5432 --start-conf auto -- --wal-segsize=1 --locale=C.UTF-8 -E UTF8 -N >/dev/null
cat >> "/etc/postgresql/$version/lectio/postgresql.conf" <<EOF
fsync = off
full_page_writes = off
synchronous_commit = off
shared_buffers = 32MB
max_connections = 60
min_wal_size = 2MB
max_wal_size = 64MB
jit = off
EOF
data=/var/lib/postgresql/$version/lectio
mkdir -p /run/postgresql /var/log/postgresql
chown postgres:postgres /run/postgresql /var/log/postgresql
ip link set lo up
as_postgres() { runuser -u postgres -- "$@"; }
as_postgres "/usr/lib/postgresql/$version/bin/pg_ctl" -D "$data" -o "-c config_file=/etc/postgresql/$version/lectio/postgresql.conf" \
    -l /tmp/pg.log -w start >/dev/null
as_postgres psql -q -c "CREATE ROLE teaching_panel LOGIN PASSWORD '$password'" -c 'CREATE DATABASE teaching_panel OWNER teaching_panel'
(cd /var/www/teaching_panel/teaching_panel && runuser -u www-data -- ../venv/bin/python manage.py migrate -v0)
as_postgres psql -q -d teaching_panel -c 'VACUUM ANALYZE'
as_postgres "/usr/lib/postgresql/$version/bin/pg_ctl" -D "$data" -m fast -w stop >/dev/null
mkdir -p /etc/lectio-rig
echo "$version" > /etc/lectio-rig/postgresql
