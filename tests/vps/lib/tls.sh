#!/bin/bash
# tls.sh DIR [NAME]: a CA in DIR (made once) and certificates for NAME (default lectio.test), good and bad:
# DIR/{good,soon,expired,wrong-host,self-signed,untrusted,stand-ins}/{fullchain.pem,privkey.pem}. The CA is DIR/ca.pem.
set -euo pipefail
dir=$1 name=${2:-lectio.test}
mkdir -p "$dir"
cd "$dir"
umask 077

new_ca() { # FILE CN
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=$2" -keyout "$1.key" -out "$1.pem" \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
}
[ -f ca.pem ] || new_ca ca "Lectio test CA"
[ -f stranger.pem ] || new_ca stranger "A CA nobody trusts"

stamp() { date -u -d "$1" +%Y%m%d%H%M%SZ; }

issue() { # KIND SAN FROM TO CA
    local kind=$1 san=$2 from=$3 to=$4 ca=$5
    mkdir -p "$kind"
    cat > req.cnf <<EOF
[req]
distinguished_name = dn
prompt = no
[dn]
CN = ${san%%,*}
[ca]
default_ca = it
[it]
new_certs_dir = .
database = $kind/index
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = leaf
unique_subject = no
[any]
commonName = supplied
[leaf]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:${san//,/,DNS:}
EOF
    : > "$kind/index"
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config req.cnf -keyout "$kind/privkey.pem" -out "$kind/csr" 2>/dev/null
    local sign=(-cert "$ca.pem" -keyfile "$ca.key")
    [ "$ca" = self ] && sign=(-selfsign -keyfile "$kind/privkey.pem")
    openssl ca -batch -notext -config req.cnf -in "$kind/csr" -out "$kind/cert.pem" "${sign[@]}" \
        -startdate "$(stamp "$from")" -enddate "$(stamp "$to")" 2>/dev/null
    cp "$kind/cert.pem" "$kind/fullchain.pem"
    rm -f "$kind"/csr "$kind"/cert.pem "$kind"/index* req.cnf ./*.pem.[0-9]* ; find . -maxdepth 1 -name '????????????????????????????????????????.pem' -delete
}

issue good        "$name" "-1 day"    "+90 days" ca
issue soon        "$name" "-80 days"  "+10 days 12 hours" ca
issue expired     "$name" "-100 days" "-1 day"   ca
issue wrong-host  other.test "-1 day" "+90 days" ca
issue self-signed "$name" "-1 day"    "+90 days" self
issue untrusted   "$name" "-1 day"    "+90 days" stranger
issue stand-ins   hc.test,api.telegram.org,mail.test,oauth2.googleapis.com,www.googleapis.com,zoom.us "-1 day" "+90 days" ca
chmod 755 . && chmod 644 ca.pem
