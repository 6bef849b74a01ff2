# shellcheck shell=bash
# Redis, which the demo and the tests start themselves on free ports.

ensure_redis() {
    ensure_command redis-server redis-server redis
}
