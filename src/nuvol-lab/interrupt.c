/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nuvol-lab/interrupt.h"
#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t came;

static void interrupt_rx(int signal)
{
	(void)signal;
	came = 1;
}

void interrupt_init(void)
{
	struct sigaction action = {.sa_handler = interrupt_rx};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

bool interrupt_came(void)
{
	return came != 0;
}

void interrupt_clear(void)
{
	came = 0;
}
