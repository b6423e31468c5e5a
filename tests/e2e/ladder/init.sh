#!/bin/sh
# The first program of a machine: makes its control groups writable, then becomes systemd.
# systemd-nspawn mounts the controllers of version 1 read-only. With those systemd starts, and says
# nothing, but MemoryMax=, TasksMax= and DeviceAllow= do nothing. They are replaced by writable ones,
# of the same control group namespace: nothing of the host can be reached.
while read -r _ where kind options _; do
    case "$kind $options" in
    "cgroup ro,"*)
        umount "$where"
        mount -t cgroup -o "${where##*/}" cgroup "$where"
        ;;
    esac
done </proc/mounts
exec /lib/systemd/systemd
