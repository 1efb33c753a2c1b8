#!/bin/sh
# Starts the program beside it. Hosts that unpack a bundle may lose its permissions.
program=$(dirname "$0")/pcapidx
[ -x "$program" ] || chmod u+x "$program"
exec "$program" "$@"
