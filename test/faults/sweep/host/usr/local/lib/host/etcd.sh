# The etcd member of this host, and what etcd has stored. Sourced by model.sh.
#   /var/lib/etcd/member   the member's data: `id` tells of which etcd; those that were restored also have the `members` of
#                          it, and in `snap/db` what it begins with
#   /cluster/etcd-id       of which etcd the stored objects in the model are
MEMBER=/var/lib/etcd/member
STORED='nodes objects pods revision tokens values'

begin_data() { # ID
  mkdir -p "$MEMBER/wal" "$MEMBER/snap"
  head -c 4096 /dev/zero >"$MEMBER/snap/db"
  echo "$1" >"$MEMBER/id"
}

start_member() {
  cp "$MEMBER/id" "$CLUSTER/etcd/$HOST/started"
  flock "$CLUSTER/etcd-id" sh -c '. /usr/local/lib/host/model.sh && use_own_state'
}

# What an etcd has stored comes and goes with its members: two of them never know the same objects.
use_own_state() {
  read -r current <"$CLUSTER/etcd-id"
  read -r own <"$MEMBER/id"
  if [ "$own" = "$current" ]; then return; fi
  mkdir -p "$CLUSTER/states/$current"
  (cd "$CLUSTER" && mv $STORED "states/$current")
  if [ -d "$CLUSTER/states/$own" ]; then
    mv "$CLUSTER/states/$own"/* "$CLUSTER"
    rmdir "$CLUSTER/states/$own"
    echo 'etcd goes on with its old data' >>"$CLUSTER/journal"
  else
    tar -xf "$MEMBER/snap/db" -C "$CLUSTER"
    for member in "$CLUSTER"/etcd/*; do grep -q "^${member##*/}=" "$MEMBER/members" || rm -r "$member"; done
    echo 'etcd begins with restored data' >>"$CLUSTER/journal"
  fi
  echo "$own" >"$CLUSTER/etcd-id"
}

pack_state() { # FOLDER
  (cd "$1" && tar --sort=name --mtime=@0 --owner=0 --group=0 -cf - $STORED)
}

digest() { # FILE: the bytes of its SHA-256
  /usr/bin/printf "$(sha256sum <"$1" | cut -c 1-64 | sed 's/../\\x&/g')"
}

# The number by which etcd calls itself.
number_of_etcd() { # ID
  printf %s "$1" | cksum | cut -d ' ' -f 1
}

# Whether as many members as etcd needs run as the etcd that this host's is.
has_majority() {
  running=$(cat "$CLUSTER"/etcd/*/started | grep -cFx "$(cat "$CLUSTER/etcd/$HOST/started")")
  [ $((2 * running)) -gt "$(ls "$CLUSTER/etcd" | grep -cv '\.new$')" ]
}
