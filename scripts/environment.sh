# Sourced by the other scripts: makes .venv with this package and what it needs.
#
#   environment EXTRAS [GROUP...]     e.g.  environment embedded test lint
#
# Needs Python 3.11 or later (PYTHON names one) and the package registry; no root, no
# server, no Docker.  A second call with the same pyproject.toml installs nothing.

fail() {
    printf '%s\n' "$@" >&2
    exit 2
}

find_python() {
    for python in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11; do
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s' "$python"
            return
        fi
    done
    fail "No Python 3.11 or later was found." \
        "Install one, or name it:  PYTHON=/path/to/python3.11 sh $0"
}

# Debian and Ubuntu ship Python without ensurepip: an installed pip can stand in for it.
make_venv() {
    "$2" -m venv "$1" >/dev/null 2>&1 && return
    rm -rf "$1"
    "$2" -m venv --without-pip "$1" &&
        "$2" -m pip --python "$1/bin/python" install --quiet pip 2>/dev/null && return
    rm -rf "$1"
    fail "$2 cannot make a virtual environment with pip in it." \
        "On Debian and Ubuntu:  apt install python3-venv"
}

# pip's warnings about itself would only worry a newcomer; on failure all of it is shown.
pip_install() {
    venv=$1
    shift
    pip_log=$(mktemp)
    "$venv/bin/python" -m pip install --disable-pip-version-check "$@" >"$pip_log" 2>&1 || {
        cat "$pip_log" >&2
        rm -f "$pip_log"
        fail "pip could not install: $*"
    }
    rm -f "$pip_log"
}

environment() {
    extras=$1
    shift
    [ -w . ] || fail "The folder $PWD cannot be written to by $(id -un)." \
        "Make a clone of your own."
    wanted="$extras $* $(cksum <pyproject.toml)"
    stamp=.venv/installed-for
    if [ -f $stamp ] && grep -qxF "$wanted" $stamp; then
        return
    fi
    python=$(find_python) || exit 2
    [ -x .venv/bin/python ] || {
        echo "Making .venv with $("$python" --version) ..."
        make_venv .venv "$python"
    }
    groups=
    for group in "$@"; do groups="$groups --group $group"; done
    echo "Installing (extras: $extras${groups:+; groups: $*}) ..."
    # Groups need pip 25.1.
    pip_install .venv --upgrade "pip>=25.1"
    # shellcheck disable=SC2086
    pip_install .venv --editable ".[$extras]" $groups
    printf '%s\n' "$wanted" >>$stamp
}
