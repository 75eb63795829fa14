#!/bin/sh
# Servers of the Model Context Protocol that none of us wrote, and its conformance suite for clients: run.sh HERMES.
what=mcp about='public servers of tools'
. "$(dirname "$0")/../npm.sh"
node --test --test-timeout=120000 --test-reporter=spec
