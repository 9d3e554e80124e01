#include "unit.h"
#include "../../src/gate/gate_int.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a child made of fn once the filter is on: its status, or 128 and the signal. */
static int filtered(int (*fn)(void))
{
	const struct rlimit none = { 0, 0 };
	struct bt_err e = { 0 };
	int how = 0;
	pid_t pid = fork();

	if (pid == 0) {
		(void)setrlimit(RLIMIT_CORE, &none);
		if (bt_harden(&e) < 0)
			_exit(99);
		bt_harden_calls();
		_exit(fn());
	}
	assert_int_equal(waitpid(pid, &how, 0), pid);
	return WIFSIGNALED(how) ? 128 + WTERMSIG(how) : WEXITSTATUS(how);
}

static bool no_filter(void)
{
#ifdef BT_GATE_ANY_CALL
	return true;
#else
	return false;
#endif
}

static int serves(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char c;

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || close(fd) < 0)
		return 1;
	fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, &c, 1) != 1 || close(fd) < 0)
		return 2;
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	       MAP_FAILED;
}

static int runs_a_program(void)
{
	char name[] = "/bin/true";
	char *const argv[] = { name, NULL };

	return execv(name, argv);
}

static int forks(void)
{
	return vfork() < 0;
}

static int traces(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0;
}

static int writes_a_file(void)
{
	return open("/tmp/bottle-gate-test", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0 ||
	       open("/dev/null", O_RDWR | O_CLOEXEC) >= 0 ||
	       mkdir("/tmp/bottle-gate-dir", 0700) == 0;
}

static int speaks_elsewhere(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) >= 0 || socket(AF_NETLINK, SOCK_RAW, 0) >= 0 ||
	       socket(AF_PACKET, SOCK_RAW, 0) >= 0;
}

static int maps_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
	               MAP_FAILED ||
	       mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0;
}

static int signals_others(void)
{
	return kill(getppid(), 0) == 0;
}

static void a_gate_that_serves_can_do_what_it_has_to(void **state)
{
	(void)state;
	assert_int_equal(filtered(serves), 0);
}

static void a_gate_that_would_run_something_is_killed(void **state)
{
	(void)state;
	if (no_filter())
		skip();
	assert_int_equal(filtered(runs_a_program), 128 + SIGSYS);
	assert_int_equal(filtered(forks), 128 + SIGSYS);
	assert_int_equal(filtered(traces), 128 + SIGSYS);
}

static void it_writes_no_file_and_speaks_only_ip(void **state)
{
	(void)state;
	if (no_filter())
		skip();
	assert_int_equal(filtered(writes_a_file), 0);
	assert_int_equal(filtered(speaks_elsewhere), 0);
	assert_int_equal(filtered(maps_code), 0);
	assert_int_equal(filtered(signals_others), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gate_that_serves_can_do_what_it_has_to),
		cmocka_unit_test(a_gate_that_would_run_something_is_killed),
		cmocka_unit_test(it_writes_no_file_and_speaks_only_ip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
