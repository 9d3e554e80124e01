#include "fresh.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

void bt_fresh(void)
{
	struct sigaction plain = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int n = 1; n < NSIG; n++)
		(void)sigaction(n, &plain, NULL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)setsid();
}

void bt_fresh_until(pid_t parent)
{
	bt_fresh();
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) /* it died before the line above */
		_exit(1);
}
