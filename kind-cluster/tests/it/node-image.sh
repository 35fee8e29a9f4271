#!/bin/sh
# Makes the folder of an image that stands in for a Kind node: busybox, a shell, GNU tar,
# and programs that answer what kind and kind-cluster ask containerd.
#
#   node-image.sh FOLDER BUSYBOX
set -eu
folder=$1
mkdir -p "$folder/bin" "$folder/usr/bin" "$folder/etc/kubernetes" "$folder/tmp" "$folder/var/local-path-provisioner"
cp "$2" "$folder/bin/busybox"
for applet in cat test '[' find mkdir mv rm head sync sleep nc sed echo ls mkfifo sha256sum tee; do
    ln -s busybox "$folder/bin/$applet"
done
# A shell of its own: busybox' would take busybox' tar.
for program in /bin/sh "$(command -v tar)"; do
    cp -L "$program" "$folder/bin/${program##*/}"
    ldd "$program" | grep -o '/[^ ]*' | while read -r library; do
        mkdir -p "$folder${library%/*}"
        cp -L "$library" "$folder$library"
    done
done
echo '{"images":[]}' >"$folder/images.json"
cat >"$folder/bin/crictl" <<'CRICTL'
#!/bin/sh
cat /images.json
CRICTL
cat >"$folder/bin/containerd" <<'CONTAINERD'
#!/bin/sh
cat <<'TOML'
version = 2
[plugins]
  [plugins."io.containerd.grpc.v1.cri"]
    [plugins."io.containerd.grpc.v1.cri".containerd]
      snapshotter = "overlayfs"
TOML
CONTAINERD
cat >"$folder/bin/ctr" <<'CTR'
#!/bin/sh
# Only `images import … -` and `images tag OLD NEW` are asked for. The image's name is in the archive's own list.
case $* in
    *' tag '*)
        for new in "$@"; do :; done
        sed -i "s|\"repoTags\":\[|&\"$new\",|" /images.json
        exit
        ;;
esac
cat >/tmp/image.tar
manifest=$(tar --extract --to-stdout --file /tmp/image.tar manifest.json)
name=$(echo "$manifest" | sed 's/.*"RepoTags":\["\([^"]*\)".*/\1/')
id=$(echo "$manifest" | sed 's/.*"Config":"[^"]*\([0-9a-f]\{64\}\)[^"]*".*/\1/')
echo "{\"images\":[{\"id\":\"sha256:$id\",\"repoTags\":[\"docker.io/$name\"]}]}" >/images.json
CTR
chmod +x "$folder/bin/crictl" "$folder/bin/containerd" "$folder/bin/ctr"
