#include "unit.h"
#include "bottle/cellseccomp.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* errno of what a probe does under the filter, 0: it went through. */
static int under_filter(int (*probe)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct bt_err e = { 0 };

		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || bt_cell_seccomp_load(&e) < 0)
			_exit(255);
		errno = 0;
		_exit(probe() < 0 ? errno : 0);
	}
	waitpid(pid, &status, 0);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#define PROBE(name, call)                                                                          \
	static int name(void)                                                                      \
	{                                                                                          \
		return (int)(call);                                                                \
	}

PROBE(io_uring, syscall(SYS_io_uring_setup, 1, NULL))
PROBE(bpf, syscall(SYS_bpf, 0, NULL, 0))
PROBE(userfault, syscall(SYS_userfaultfd, 0))
PROBE(perf, syscall(SYS_perf_event_open, NULL, 0, 0, 0, 0))
PROBE(call_clone3, syscall(SYS_clone3, NULL, 0))
PROBE(fs_open, syscall(SYS_fsopen, "tmpfs", 0))
PROBE(keys, syscall(SYS_keyctl, 0, 0, 0, 0, 0))
PROBE(add_key, syscall(SYS_add_key, "user", "x", "y", 1, -2))
PROBE(trace, syscall(SYS_ptrace, 0, 0, 0, 0))
PROBE(vm_read, syscall(SYS_process_vm_readv, getpid(), NULL, 0, NULL, 0, 0))
PROBE(steal_fd, syscall(SYS_pidfd_getfd, -1, 0, 0))
PROBE(mount_it, syscall(SYS_mount, "x", "/", "tmpfs", 0, NULL))
PROBE(pivot, syscall(SYS_pivot_root, "/", "/"))
PROBE(enter, syscall(SYS_setns, -1, 0))
PROBE(unshare_user, unshare(CLONE_NEWUSER))
PROBE(unshare_time, unshare(0x80))
PROBE(unshare_files, unshare(CLONE_FILES))
PROBE(clone_user, syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0))
PROBE(clone_net_high, syscall(SYS_clone, 0x100000000ull | CLONE_NEWNET | SIGCHLD, 0, 0, 0, 0))
PROBE(module, syscall(SYS_finit_module, -1, "", 0))
PROBE(kexec, syscall(SYS_kexec_load, 0, 0, 0, 0))
PROBE(reboot_it, syscall(SYS_reboot, 0, 0, 0, 0))
PROBE(by_handle, syscall(SYS_open_by_handle_at, -1, NULL, 0))
PROBE(sock_unix, socket(AF_UNIX, SOCK_STREAM, 0))
PROBE(sock_inet, socket(AF_INET, SOCK_STREAM, 0))
PROBE(sock_inet6, socket(AF_INET6, SOCK_DGRAM, 0))
PROBE(sock_route, socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE))
PROBE(sock_audit, socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT))
PROBE(sock_netfilter, socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER))
PROBE(sock_packet, socket(AF_PACKET, SOCK_RAW, 0))
PROBE(sock_vsock, socket(40, SOCK_STREAM, 0))
PROBE(sock_alg, socket(38, SOCK_SEQPACKET, 0))
PROBE(sock_bluetooth, socket(31, SOCK_RAW, 0))
PROBE(sock_x25, socket(9, SOCK_SEQPACKET, 0))
PROBE(type_in, ioctl(0, TIOCSTI, "x"))
PROBE(type_in_high, syscall(SYS_ioctl, 0, 0x100000000ull | TIOCSTI, "x"))
PROBE(paste, ioctl(0, TIOCLINUX, "x"))
PROBE(discipline, ioctl(0, TIOCSETD, &(int){ 21 }))
PROBE(console, ioctl(0, TIOCCONS, 0))
PROBE(open2, syscall(SYS_openat2, AT_FDCWD, "/", (uint64_t[3]){ O_RDONLY }, 24))
PROBE(suid_chmod, chmod("/nonexistent", 04755))
PROBE(sgid_fchmod, fchmod(-1, 02755))
PROBE(suid_fchmodat, fchmodat(-1, "x", 06755, 0))
PROBE(suid_create, open("/nonexistent/x", O_CREAT | O_WRONLY, 04755))
PROBE(suid_create_high, syscall(SYS_openat, -1, "x", O_CREAT, 0x100000000ull | 04755))
PROBE(sgid_folder, mkdir("/nonexistent/x", 02755))
PROBE(suid_node, mknod("/nonexistent/x", S_IFREG | 04755, 0))
PROBE(plain_chmod, chmod("/nonexistent", 01777))
PROBE(suid_nameless, open("/nonexistent/x", O_TMPFILE | O_WRONLY, 04755))
PROBE(no_mode_meant, syscall(SYS_openat, AT_FDCWD, "/nonexistent/x", O_RDONLY, 04755))
PROBE(plain_create, open("/nonexistent/x", O_CREAT | O_WRONLY, 0755))

/* By number: libseccomp 2.5 does not know their names. */
PROBE(quota_fd, syscall(443, -1, 0, 0, 0))
PROBE(secret_memory, syscall(447, 0))
PROBE(mount_facts, syscall(457, NULL, NULL, 0, 0))
PROBE(mount_list, syscall(458, NULL, NULL, 0, 0))
PROBE(tree_attr, syscall(467, -1, NULL, 0, NULL, 0))

static void what_the_kernel_seems_not_to_have(void **state)
{
	(void)state;
	assert_int_equal(under_filter(quota_fd), ENOSYS);
	assert_int_equal(under_filter(secret_memory), ENOSYS);
	assert_int_equal(under_filter(mount_facts), ENOSYS);
	assert_int_equal(under_filter(mount_list), ENOSYS);
	assert_int_equal(under_filter(tree_attr), ENOSYS);
	assert_int_equal(under_filter(io_uring), ENOSYS);
	assert_int_equal(under_filter(bpf), ENOSYS);
	assert_int_equal(under_filter(userfault), ENOSYS);
	assert_int_equal(under_filter(perf), ENOSYS);
	assert_int_equal(under_filter(call_clone3), ENOSYS);
	assert_int_equal(under_filter(fs_open), ENOSYS);
	assert_int_equal(under_filter(open2), ENOSYS);
}

static void what_is_not_permitted(void **state)
{
	int (*const all[])(void) = { keys,       add_key,   trace,   vm_read, steal_fd,
		                     mount_it,   pivot,     enter,   module,  kexec,
		                     reboot_it,  by_handle, type_in, paste,   type_in_high,
		                     discipline, console };

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		assert_int_equal(under_filter(all[i]), EPERM);
}

static void no_program_is_made_that_runs_as_its_owner(void **state)
{
	int (*const all[])(void) = { suid_chmod,       sgid_fchmod, suid_fchmodat, suid_create,
		                     suid_create_high, sgid_folder, suid_node,     suid_nameless };

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		assert_int_equal(under_filter(all[i]), EPERM);
	assert_int_equal(under_filter(plain_chmod), ENOENT);
	assert_int_equal(under_filter(plain_create), ENOENT);
	assert_int_equal(under_filter(no_mode_meant), ENOENT);
}

static void new_namespaces_are_refused_whatever_the_call(void **state)
{
	(void)state;
	assert_int_equal(under_filter(unshare_user), EPERM);
	assert_int_equal(under_filter(unshare_time), EPERM);
	assert_int_equal(under_filter(clone_user), EPERM);
	assert_int_equal(under_filter(clone_net_high), EPERM);
	assert_int_equal(under_filter(unshare_files), 0);
}

static void only_families_in_use_are_left(void **state)
{
	int (*const none[])(void) = { sock_audit, sock_netfilter, sock_packet, sock_vsock,
		                      sock_alg,   sock_bluetooth, sock_x25 };

	(void)state;
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		assert_int_equal(under_filter(none[i]), EPERM);
	assert_int_equal(under_filter(sock_unix), 0);
	assert_int_equal(under_filter(sock_inet), 0);
	assert_int_equal(under_filter(sock_inet6), 0);
	assert_int_equal(under_filter(sock_route), 0);
}

static void the_program_for_bwrap_is_whole_instructions(void **state)
{
	struct bt_err e = { 0 };
	struct stat st;
	int fd = -1;

	(void)state;
	assert_ok(bt_cell_seccomp(&fd, &e), &e);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(st.st_size > 0 && st.st_size % 8 == 0);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_kernel_seems_not_to_have),
		cmocka_unit_test(what_is_not_permitted),
		cmocka_unit_test(no_program_is_made_that_runs_as_its_owner),
		cmocka_unit_test(new_namespaces_are_refused_whatever_the_call),
		cmocka_unit_test(only_families_in_use_are_left),
		cmocka_unit_test(the_program_for_bwrap_is_whole_instructions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
