#!/bin/sh
# Prints the path of a Python that can run contactsync: 3.11 to 3.13, with the standard modules a virtual environment needs.
# $PYTHON, where it is set, is the only candidate.
set -eu

# A shim of a version manager may be found and yet answer "command not found", so every candidate is really run.
probe='import sys
supported = sys.implementation.name == "cpython" and (3, 11) <= sys.version_info[:2] <= (3, 13)
print("%d.%d" % sys.version_info[:2] if supported else "")
if supported:
    try:
        import ensurepip, sqlite3, ssl, venv
    except ImportError as error:
        print(error.name)
    else:
        print("complete")
        # the Python below an activated environment: that environment may be the one to be replaced
        print(getattr(sys, "_base_executable", sys.executable))'

incomplete=
for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3 python}; do
    answer=$("$candidate" -c "$probe" 2>/dev/null) || continue
    version=$(printf '%s\n' "$answer" | sed -n 1p)
    state=$(printf '%s\n' "$answer" | sed -n 2p)
    [ -n "$version" ] || continue
    if [ "$state" = complete ]; then
        printf '%s\n' "$answer" | sed -n 3p
        exit 0
    fi
    incomplete=${incomplete:-"$candidate $version $state"}
done

if [ -n "$incomplete" ]; then
    # shellcheck disable=SC2086 # three words
    set -- $incomplete
    echo "$1 (Python $2) lacks the standard module $3, which building the environment needs." >&2
    case $3 in
        ensurepip | venv)
            echo "Install it, then run make again:" >&2
            echo "  Debian, Ubuntu:  sudo apt install python$2-venv" >&2
            echo "  Fedora, RHEL:    sudo dnf install python$2" >&2
            ;;
        *) echo "It was built without it: install your distribution's python$2, then run make again." >&2 ;;
    esac
    exit 1
fi
if [ -n "${PYTHON:-}" ]; then
    echo "PYTHON=$PYTHON does not run, or is not CPython 3.11, 3.12 or 3.13." >&2
    echo "Name another: make venv PYTHON=/path/to/python3.12" >&2
    exit 1
fi
echo "No Python 3.11, 3.12 or 3.13 was found (looked for python3.13, python3.12, python3.11, python3, python)." >&2
echo "Install one, then run make again:" >&2
echo "  Debian, Ubuntu:  sudo apt install python3 python3-venv   (Debian 12, Ubuntu 24.04 or newer)" >&2
echo "  Fedora, RHEL:    sudo dnf install python3.12" >&2
echo "Or name one that lies elsewhere: make venv PYTHON=/path/to/python3.12" >&2
exit 1
