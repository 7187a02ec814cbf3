#!/bin/bash
# lay_site.sh ROOT: the site's files as they lie on the real server: Django project, virtualenv, front-end build.
set -euo pipefail
root=$1 here=$(dirname "$(dirname "$(readlink -f "$0")")")
mkdir -p "$root/frontend" "$root/venv/bin"
cp -r --no-preserve=mode "$here/site/teaching_panel" "$root/"
cp -r --no-preserve=mode "$here/site/frontend/public" "$root/frontend/build"
find "$root/teaching_panel" -name __pycache__ -prune -exec rm -rf {} +
chmod 755 "$root/teaching_panel/manage.py"
ln -sf /usr/bin/python3 "$root/venv/bin/python3"
ln -sf python3 "$root/venv/bin/python"
cat > "$root/venv/pyvenv.cfg" <<EOF
home = /usr/bin
include-system-site-packages = true
version = $(/usr/bin/python3 -c 'import platform; print(platform.python_version())')
EOF
cat > "$root/venv/bin/gunicorn" <<EOF
#!$root/venv/bin/python
import gc, sys
# A restart costs two thirds: what each worker would import for itself is forked from here, and no collector touches it.
gc.disable()
import django.contrib.postgres.fields, django.core.handlers.wsgi, django.core.management, django.db.backends.postgresql.base
import django.db.models, django.forms, django.urls, django.views.generic, jwt, psycopg2.extras
from gunicorn.app.wsgiapp import run
gc.freeze()
sys.exit(run())
EOF
chmod 755 "$root/venv/bin/gunicorn"
