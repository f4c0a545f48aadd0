#!/usr/bin/env bash
# Installs what the whole gate needs beside Python: from Debian's packages PostgreSQL's server programs
# (the tests start a cluster of their own), Prometheus and Chromium, and from the npm registry Slack's Node SDKs,
# clients that share no code with ours, axe-core's rules of access and the External Secrets
# Operator's schemas, and from the package index what knows the schemas of the platforms that
# manifests/ is for. What cannot be had is skipped by name.
set -euo pipefail

# install_debian WHAT PACKAGE...
install_debian() {
    local what=$1 run=()
    shift
    if [ "$(id -u)" -ne 0 ]; then
        if ! sudo -n true 2>/dev/null; then
            echo "$what is not installed and this user may not install it; its tests will be skipped" >&2
            return
        fi
        run=(sudo)
    fi
    if ! command -v apt-get >/dev/null; then
        echo "$what is not installed and there is no apt-get; its tests will be skipped" >&2
        return
    fi
    echo "installing $what from Debian's packages" >&2
    export DEBIAN_FRONTEND=noninteractive
    "${run[@]}" apt-get update -qq >/dev/null
    "${run[@]}" apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

install_node_sdks() {
    local folder=tests/bot/workspace/node
    if [ "$folder/node_modules/.package-lock.json" -nt "$folder/package-lock.json" ]; then
        return
    fi
    # The SDKs need Node 20; Debian 12 has 18, so that it is not installed from there.
    if ! command -v npm >/dev/null || [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ]; then
        echo "there is no Node 20 with npm; the tests with Slack's Node SDKs will be skipped" >&2
        return
    fi
    echo "installing Slack's Node SDKs from the npm registry" >&2
    if ! npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null; then
        echo "npm cannot install them; the tests with Slack's Node SDKs will be skipped" >&2
    fi
}

install_axe() {
    local folder=tests/bot/page/browser
    if [ "$folder/node_modules/.package-lock.json" -nt "$folder/package-lock.json" ]; then
        return
    fi
    if ! command -v npm >/dev/null; then
        echo "there is no npm; the browser tests will not check the rules of access" >&2
        return
    fi
    echo "installing axe-core from the npm registry" >&2
    if ! npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null; then
        echo "npm cannot install axe-core; the browser tests will not check the rules of access" >&2
    fi
}

install_external_secrets() {
    local folder=tests/ci/platforms/node
    if [ "$folder/node_modules/.package-lock.json" -nt "$folder/package-lock.json" ]; then
        return
    fi
    if ! command -v npm >/dev/null; then
        echo "there is no npm; the manifests' external secrets will not be checked" >&2
        return
    fi
    echo "installing the External Secrets Operator's schemas from the npm registry" >&2
    if ! npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null; then
        echo "npm cannot install them; the manifests' external secrets will not be checked" >&2
    fi
}

install_validators() {
    if [ .venv/.manifests -nt uv.lock ]; then
        return
    fi
    echo "installing what checks the manifests of each platform" >&2
    local certs=()
    if [ -f "$certificates" ]; then certs=(--system-certs); fi
    if UV_PYTHON_DOWNLOADS=never .venv/bin/uv "${certs[@]}" sync --frozen --inexact --quiet --group manifests; then
        touch .venv/.manifests
    else
        echo "they cannot be installed; the manifests will not be checked against their schemas" >&2
    fi
}

cd "$(dirname "$0")/.."
# The system's certificates too: company networks add their own.
certificates=/etc/ssl/certs/ca-certificates.crt
if [ -f "$certificates" ]; then
    export NODE_EXTRA_CA_CERTS="${NODE_EXTRA_CA_CERTS:-$certificates}"
fi
if ! compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null; then
    install_debian PostgreSQL postgresql
fi
if ! compgen -G "/usr/lib/*/faketime/libfaketime.so.1" >/dev/null; then
    install_debian "libfaketime (machines with a wrong clock)" libfaketime
fi
if ! command -v promtool >/dev/null || ! command -v prometheus >/dev/null; then
    install_debian Prometheus prometheus
fi
if ! command -v chromium >/dev/null && ! command -v google-chrome >/dev/null; then
    install_debian Chromium chromium fonts-noto-color-emoji
fi
install_node_sdks
install_axe
install_external_secrets
install_validators
