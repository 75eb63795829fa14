#!/bin/sh
# Public clients of the four APIs ask the sandbox of a built binary, and the binary asks a public server of them (aimock):
# run.sh HERMES. They reach no other part of the project.
what=clients about='public clients and servers'
. "$(dirname "$0")/../npm.sh"
node --test --test-timeout=30000 --test-reporter=spec
