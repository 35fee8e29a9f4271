#!/usr/bin/env bash
# Makes OSRM's files of the map that the image brings, once, and serves them.
#
# They are kept in a volume of their own: one mounted over /data would hide the map in Kubernetes,
# where a new volume is empty.
set -euo pipefail
store=/var/lib/osrm

maps=(/data/*.osm.pbf)
[[ -f ${maps[0]} ]] || { echo "no map at /data/*.osm.pbf in this image" >&2; exit 1; }
name=$(basename "${maps[0]}" .osm.pbf)

# "ready" names the map, so that an image with another one starts over; it is written last.
if [[ $(cat "$store/ready" 2>/dev/null) != "$name $(stat -c %s "${maps[0]}")" ]]; then
    rm -rf "${store:?}"/*.osrm* "$store/ready"
    ln -sf "${maps[0]}" "$store/$name.osm.pbf"
    osrm-extract -p /opt/car.lua "$store/$name.osm.pbf"
    osrm-partition "$store/$name.osrm"
    osrm-customize "$store/$name.osrm"
    echo "$name $(stat -c %s "${maps[0]}")" >"$store/ready"
fi

exec osrm-routed --algorithm=mld "$store/$name.osrm"
