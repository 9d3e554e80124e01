#!/bin/sh
# scope.sh BOTTLE - native bottles in scopes of a real systemd, in a machine of its own (QEMU, no KVM
# needed): the memory, processes and processor time of a whole bottle, for an ordinary user and root.
# Takes minutes and is no part of `make check`. Needs root, mmdebstrap, mke2fs, qemu-system-x86_64 (or $QEMU).
# Prints TAP; 1 when anything failed. The machine's console is build/vm/console.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
vm=$top/build/vm
bottle=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
mkdir -p "$vm"

# What the program needs, by its own word.
libraries() {
	ldd "$bottle" "$(dirname "$bottle")"/bottle-*.so | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p' | sort -u |
		while read -r lib; do dpkg -S "$lib" "/usr$lib" 2>/dev/null || :; done | sed 's/:.*//' | sort -u | paste -sd,
}

root_make() {
	[ -f "$vm/root.tar" ] && return
	echo "# making the machine's root filesystem (once)"
	suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-bookworm}")
	mmdebstrap --quiet --format=tar --variant=apt --include="linux-image-cloud-amd64,initramfs-tools,systemd-sysv,dbus-user-session,libpam-systemd,bubblewrap,python3,jq,procps,$(libraries)" \
		"$suite" "$vm/root.tar.part" >"$vm/mmdebstrap.log" 2>&1 || { tail -5 "$vm/mmdebstrap.log" >&2; exit 1; }
	mv "$vm/root.tar.part" "$vm/root.tar"
}

# The disk: that, the program, and one service, after which the machine is off.
disk_make() {
	rm -rf "$vm/root" "$vm/disk"
	mkdir "$vm/root"
	trap 'rm -rf "$vm/root" "$vm/disk"' EXIT
	tar -C "$vm/root" -xf "$vm/root.tar"
	make -s -C "$top" install V="$(basename "$(dirname "$bottle")")" DESTDIR="$vm/root" PREFIX=/usr >"$vm/install.log"
	cp "$here/scope_inside.sh" "$vm/root/scope_inside.sh"
	cp "$vm/root"/boot/vmlinuz-* "$vm/kernel"
	cp "$vm/root"/boot/initrd.img-* "$vm/initrd"
	grep -q '^op:' "$vm/root/etc/passwd" || {
		echo 'op:x:1000:1000::/home/op:/bin/sh' >>"$vm/root/etc/passwd"
		echo 'op:x:1000:' >>"$vm/root/etc/group"
		echo 'op:*:19000:0:99999:7:::' >>"$vm/root/etc/shadow"
	}
	mkdir -p "$vm/root/var/lib/systemd/linger" "$vm/root/home/op"
	: >"$vm/root/var/lib/systemd/linger/op"
	chown 1000:1000 "$vm/root/home/op"
	cat >"$vm/root/etc/systemd/system/scope.service" <<-UNIT
	[Unit]
	After=multi-user.target user@1000.service
	[Service]
	Type=oneshot
	ExecStart=/bin/sh -c 'sh /scope_inside.sh >/dev/ttyS0 2>&1'
	ExecStopPost=/bin/systemctl poweroff --force --force
	UNIT
	mkdir -p "$vm/root/etc/systemd/system/multi-user.target.wants"
	ln -sf ../scope.service "$vm/root/etc/systemd/system/multi-user.target.wants/"
	echo /dev/vda / ext4 rw 0 0 >"$vm/root/etc/fstab"
	mke2fs -q -F -t ext4 -d "$vm/root" "$vm/disk" 3G
}

root_make
disk_make
timeout -k 5 1500 "${QEMU:-qemu-system-x86_64}" -M q35 -cpu max -m 1536 -smp 2 -nographic -no-reboot -nic none -monitor none \
	-drive "file=$vm/disk,format=raw,if=virtio" -kernel "$vm/kernel" -initrd "$vm/initrd" \
	-append 'root=/dev/vda rw console=ttyS0 quiet' -serial "file:$vm/console" </dev/null
tr -d '\r' <"$vm/console" | grep -E '^(ok|not ok|#|1\.\.)' || :
tr -d '\r' <"$vm/console" | grep -q '^1\.\.' && ! tr -d '\r' <"$vm/console" | grep -q '^not ok'
